import type { KeyObject } from "node:crypto";
import { type Clock, OpAMPError, systemClock } from "@opamp/protocol";
import { assertKnownMembers } from "@opamp/protocol/internal";
import { defaultKeyPolicy, type KeyPolicy } from "./key-policy.ts";
import {
  createMemoryRevocations,
  type RevocationStore,
  type RevokedCertificate,
} from "./revocations.ts";
import type { SignFunction } from "./signer.ts";

export interface CertificateAuthorityOptions {
  /** The authority's certificate, in PEM form. */
  readonly certificate: string;
  /** Its private key, in PEM form or as Node has it, or a function that signs where the key is (S-92). */
  readonly key: string | KeyObject | SignFunction;
  /** For which keys certificates are made. @default ECDSA on three curves, Ed25519, RSA from 2048 bits */
  readonly keyPolicy?: KeyPolicy;
  /** How long certificates are good; not beyond the authority's own. @default 7776000000 (90 days) */
  readonly validityMs?: number;
  /** How long before now they begin: the clocks of machines differ. @default 300000 (5 min) */
  readonly backdateMs?: number;
  /** How long a list of revoked certificates is good. @default 604800000 (7 days) */
  readonly listValidityMs?: number;
  /** Where revoked certificates are kept. @default in memory */
  readonly revocations?: RevocationStore;
  /** Called for each that is revoked: to tell other destinations that take them (S-90). */
  readonly onRevoked?: (revoked: RevokedCertificate) => void | Promise<void>;
  /** @default the system's */
  readonly clock?: Clock;
}

export interface ResolvedAuthorityOptions
  extends Required<Omit<CertificateAuthorityOptions, "keyPolicy" | "onRevoked">> {
  readonly keyPolicy: Required<KeyPolicy>;
  readonly onRevoked: CertificateAuthorityOptions["onRevoked"];
}

const known: Readonly<Record<keyof CertificateAuthorityOptions, true>> = {
  certificate: true,
  key: true,
  keyPolicy: true,
  validityMs: true,
  backdateMs: true,
  listValidityMs: true,
  revocations: true,
  onRevoked: true,
  clock: true,
};

const DAY_MS = 86_400_000;

/** Fills in the defaults. Throws `invalid-argument` for what makes no sense. */
export function resolveAuthorityOptions(
  options: CertificateAuthorityOptions,
): ResolvedAuthorityOptions {
  assertKnownMembers("createCertificateAuthority", options, known);
  const { keyPolicy = {}, validityMs = 90 * DAY_MS, backdateMs = 300_000 } = options;
  const { listValidityMs = 7 * DAY_MS, onRevoked } = options;
  assertKnownMembers("keyPolicy", keyPolicy, defaultKeyPolicy);
  assertDuration("validityMs", validityMs, 1000);
  assertDuration("backdateMs", backdateMs, 0);
  assertDuration("listValidityMs", listValidityMs, 1000);
  return {
    certificate: options.certificate,
    key: options.key,
    keyPolicy: { ...defaultKeyPolicy, ...keyPolicy },
    validityMs,
    backdateMs,
    listValidityMs,
    revocations: options.revocations ?? createMemoryRevocations(),
    onRevoked,
    clock: options.clock ?? systemClock,
  };
}

/** Of years, which no timer takes. */
export function assertDuration(name: string, ms: number, atLeastMs: number): void {
  if (Number.isSafeInteger(ms) && ms >= atLeastMs && ms <= 36_525 * DAY_MS) return;
  throw new OpAMPError(
    "invalid-argument",
    `${name} is ${String(ms)}; expected a whole number of milliseconds from ${atLeastMs} to a century`,
  );
}
