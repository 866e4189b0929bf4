import { X509Certificate } from "node:crypto";
import type { InstanceUid } from "@opamp/protocol";
import { uidsOfCertificate } from "@opamp/protocol/internal";
import { publicKeyOf } from "./key-pair.ts";

/** What has to be known of a certificate. */
export interface CertificateFacts {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: string;
  /** The uids that it names; many certificates name none. */
  readonly instanceUids: readonly InstanceUid[];
}

/** Reads the first certificate of a text in PEM form; undefined when there is none. */
export function readCertificate(pem: string | Uint8Array): CertificateFacts | undefined {
  const certificate = parse(pem);
  return (
    certificate && {
      notBeforeMs: certificate.validFromDate.getTime(),
      notAfterMs: certificate.validToDate.getTime(),
      publicKey: publicKeyOf(certificate.publicKey),
      instanceUids: uidsOfCertificate(certificate.toLegacyObject()) ?? [],
    }
  );
}

export function isExpired({ notAfterMs }: CertificateFacts, nowMs: number): boolean {
  return nowMs >= notAfterMs;
}

function parse(pem: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
