import type { Random } from "@opamp/protocol";

/** Says how long to wait before the next attempt. Stateless: a policy may serve many clients. */
export interface RetryPolicy {
  /**
   * Milliseconds to wait before attempt `attempt` (1 for the first after the connection was lost or
   * could not be made). A throw, or what is no finite number from 0 on, is reported to `onError`,
   * and the default policy decides instead.
   */
  delayMs(attempt: number, random: Random): number;
}

export interface ExponentialBackoffOptions {
  /** The most that the first wait takes. @default 1000 */
  readonly initialMs?: number;
  /** What no wait exceeds. @default 60000 */
  readonly maxMs?: number;
  /** How much longer each wait is than the one before. @default 2 */
  readonly multiplier?: number;
}

/**
 * Waits between half of an exponentially growing, capped time and all of it. The first wait is
 * anything from nothing on. Jitter comes after the cap, so that a fleet never retries in step (L-17).
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): RetryPolicy {
  const { initialMs = 1000, maxMs = 60_000, multiplier = 2 } = options;
  return {
    delayMs(attempt, random) {
      const cappedMs = Math.min(maxMs, initialMs * multiplier ** (attempt - 1));
      return attempt === 1 ? cappedMs * random() : cappedMs * (0.5 + random() / 2);
    },
  };
}
