import type { CertificateFacts } from "./certificate-facts.ts";

/** The share of its validity by which a renewal is put off at most, so that a fleet spreads out. */
const MAX_SPREAD = 1 / 30;

/**
 * When a certificate is to be renewed (C-156): after `renewAt` of its validity, and a little later
 * by a `spread` from 0 to 1.
 */
export function renewalTimeMs(
  { notBeforeMs, notAfterMs }: CertificateFacts,
  renewAt: number,
  spread: number,
): number {
  const share = renewAt + Math.min(MAX_SPREAD, (1 - renewAt) / 2) * spread;
  return notBeforeMs + (notAfterMs - notBeforeMs) * share;
}
