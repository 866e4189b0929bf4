import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TLSCertificate } from "@opamp/protocol";
import type { TlsOptions } from "../transport/network-options.ts";
import { field, refusal } from "./field.ts";

/** A client certificate and its private key, in PEM form. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * The client certificate of an offer. A key that the offer leaves out is the one given, which made
 * the certificate request. The `ca_cert` is no trust anchor for anything (C-150). Throws, naming
 * the field, for what does not fit together.
 */
export function certificateFromOffer(offer: TLSCertificate, ownKey?: string): ClientCertificate {
  const cert = text(offer.cert);
  const certificate = field("certificate.cert", () => parseCertificate(cert));
  const key = offer.privateKey.length > 0 ? text(offer.privateKey) : ownKey;
  if (key === undefined) {
    throw refusal("certificate.private_key: is empty, and no key of this agent fits");
  }
  const privateKey = field("certificate.private_key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw refusal("certificate.private_key: is not the key of certificate.cert");
  }
  return { cert, key };
}

/** The options without the client certificate that they may hold (C-124). */
export function withoutClientCertificate({
  cert: _cert,
  key: _key,
  ...tls
}: TlsOptions): TlsOptions {
  return tls;
}

function parseCertificate(pem: string): X509Certificate {
  if (pem === "") throw refusal("is empty");
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) throw refusal("is not in PEM form");
  return new X509Certificate(pem);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
