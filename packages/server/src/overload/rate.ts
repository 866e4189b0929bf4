/** A token bucket as two numbers: how far apart things may be, and how far ahead of that they may run. */
export interface Rate {
  readonly intervalMs: number;
  readonly toleranceMs: number;
}

/** What a rate remembers of somebody: when all that was let through would have been in time. */
export interface Paced {
  paceMs: number;
}

/** Whether one more is let through now; it is counted then. */
export function keepsPace(paced: Paced, { intervalMs, toleranceMs }: Rate, nowMs: number): boolean {
  const aheadMs = paced.paceMs - nowMs;
  if (aheadMs > toleranceMs) {
    // Further ahead than anybody can get: the wall clock was set back.
    const isPossible = aheadMs <= toleranceMs + intervalMs + 1;
    if (isPossible) return false;
    paced.paceMs = nowMs;
  }
  paced.paceMs = Math.max(paced.paceMs, nowMs) + intervalMs;
  return true;
}
