import { X509Certificate } from "node:crypto";
import type { InstanceUid } from "@opamp/protocol";
import { publicKeyOf } from "./key-pair.ts";
import { instanceUidFromText } from "./uid-uri.ts";

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
      instanceUids: namesOf(certificate).flatMap((name) => instanceUidFromText(name) ?? []),
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

/** The common names, and the URIs among the alternative names. */
function namesOf({ subject, subjectAltName }: X509Certificate): readonly string[] {
  const common = (subject ?? "").split("\n").flatMap((line) => after("CN=", line));
  const alternative = (subjectAltName ?? "").split(", ").flatMap((name) => after("URI:", name));
  return [...common, ...alternative];
}

function after(prefix: string, text: string): readonly string[] {
  return text.startsWith(prefix) ? [text.slice(prefix.length)] : [];
}
