import { exponentialBackoff, type RetryPolicy } from "@opamp/client";
import { OpAMPError } from "@opamp/protocol";
import { type KeyType, keyTypes } from "./key-pair.ts";

/** What a certificate request says beside the uid, which it always has in its alternative names. */
export interface CertificateSubject {
  /** @default the instance uid */
  readonly commonName?: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
}

/**
 * How the agent gets a client certificate of its own: it asks the server by a certificate request
 * (CSR), whose private key never leaves this machine. `{}` will do.
 */
export interface CertificateSettings {
  /** ECDSA on P-256, which every TLS stack takes, or Ed25519. @default "P-256" */
  readonly keyType?: KeyType;
  readonly subject?: CertificateSubject;
  /** The share of its validity after which a certificate is renewed, between 0 and 1. @default 2 / 3 */
  readonly renewAt?: number;
  /** From a request that the server has to the certificate; then it is asked again. @default 600000 (10 min) */
  readonly answerTimeoutMs?: number;
  /** How long to wait after a request that was refused or not answered. @default a minute, growing to an hour */
  readonly retry?: RetryPolicy;
}

/** The same with every default. */
export interface ResolvedCertificateSettings extends Required<CertificateSettings> {}

export const defaultRetry: RetryPolicy = exponentialBackoff({
  initialMs: 60_000,
  maxMs: 3_600_000,
});

/** Throws `invalid-argument`, naming the member, for what does not fit. */
export function resolveCertificateSettings(
  settings: CertificateSettings,
): ResolvedCertificateSettings {
  const { keyType = "P-256", subject = {}, renewAt = 2 / 3 } = settings;
  const { answerTimeoutMs = 600_000, retry = defaultRetry } = settings;
  if (!keyTypes.includes(keyType)) throw problem("keyType", keyTypes.join(" or "), keyType);
  if (!(renewAt > 0 && renewAt < 1)) throw problem("renewAt", "between 0 and 1", renewAt);
  if (!(answerTimeoutMs > 0)) throw problem("answerTimeoutMs", "above 0", answerTimeoutMs);
  for (const [name, text] of Object.entries(subject)) {
    // What X.520 allows.
    if (text === "" || text.length > 64) {
      throw problem(`subject.${name}`, "1 to 64 characters long", text);
    }
  }
  return { keyType, subject, renewAt, answerTimeoutMs, retry };
}

function problem(member: string, expected: string, found: unknown): OpAMPError {
  return new OpAMPError(
    "invalid-argument",
    `connectionSettings.certificate.${member} is ${JSON.stringify(found)}; expected ${expected}`,
  );
}
