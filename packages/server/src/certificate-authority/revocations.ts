import { OpAMPError } from "@opamp/protocol";

/** Why a certificate is revoked (RFC 5280, section 5.3.1), with its number. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;

export type RevocationReason = keyof typeof revocationReasons;

/** A certificate that is not good any more. */
export interface RevokedCertificate {
  /** Upper case hexadecimal digits, as Node says it of a peer's certificate. */
  readonly serialNumber: string;
  readonly revokedMs: number;
  readonly reason: RevocationReason;
}

/** Where revoked certificates are kept. */
export interface RevocationStore {
  add(revoked: RevokedCertificate): void | Promise<void>;
  has(serialNumber: string): boolean | Promise<boolean>;
  list(): readonly RevokedCertificate[] | Promise<readonly RevokedCertificate[]>;
}

/** Keeps them as long as the process lives. */
export function createMemoryRevocations(): RevocationStore {
  const revoked = new Map<string, RevokedCertificate>();
  return {
    add: (one) => void revoked.set(one.serialNumber, one),
    has: (serialNumber) => revoked.has(serialNumber),
    list: () => [...revoked.values()],
  };
}

/** As Node writes it. Throws `invalid-argument` for what is no serial number. */
export function normalizeSerial(text: string): string {
  const digits = text.replaceAll(":", "").replace(/^(00)+(?=..)/, "");
  if (/^([0-9a-f]{2}){1,20}$/i.test(digits)) return digits.toUpperCase();
  throw new OpAMPError(
    "invalid-argument",
    "a serial number has up to 40 hexadecimal digits, two for each byte",
  );
}
