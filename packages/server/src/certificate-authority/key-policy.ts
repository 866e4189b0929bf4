import type { KeyObject } from "node:crypto";

/** For which keys certificates are made. */
export interface KeyPolicy {
  /** By their names in Node. @default ["prime256v1", "secp384r1", "secp521r1"] */
  readonly curves?: readonly string[];
  /** @default true */
  readonly ed25519?: boolean;
  /** The shortest RSA key; 0 takes none. @default 2048 */
  readonly minRsaBits?: number;
}

/** A longer key costs more time to check than it adds. */
const MAX_RSA_BITS = 8192;

export const defaultKeyPolicy: Required<KeyPolicy> = {
  curves: ["prime256v1", "secp384r1", "secp521r1"],
  ed25519: true,
  minRsaBits: 2048,
};

/** Why a key is not taken; undefined when it is. */
export function reasonAgainstKey(key: KeyObject, policy: Required<KeyPolicy>): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  switch (type) {
    case "ed25519":
      return policy.ed25519 ? undefined : "Ed25519 keys are not taken";
    case "ec":
      if (policy.curves.includes(details.namedCurve ?? "")) return undefined;
      return "the curve of the key is not taken";
    case "rsa":
      return reasonAgainstRsa(details.modulusLength ?? 0, policy.minRsaBits);
    default:
      return "the type of the key is not taken";
  }
}

function reasonAgainstRsa(bits: number, minBits: number): string | undefined {
  if (minBits === 0) return "RSA keys are not taken";
  if (bits < minBits) return `the key has ${bits} bits; ${minBits} are needed`;
  return bits > MAX_RSA_BITS ? `the key has ${bits} bits; ${MAX_RSA_BITS} are enough` : undefined;
}
