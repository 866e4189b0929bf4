import type { OpAMPError, Random } from "@opamp/protocol";
import { exponentialBackoff, type RetryPolicy } from "./retry-policy.ts";

/** What a throttled agent waits at least, when the server does not say (C-231). */
const THROTTLED_MIN_MS = 30_000;
const THROTTLED_MAX_MS = 600_000;

/** How much later than asked an agent comes back, so that not all come at once (C-253). */
const JITTER = 0.1;

export interface RetryDelayOptions {
  readonly retry: RetryPolicy;
  readonly random: Random;
  /** 1 for the first attempt after the connection was last good. */
  readonly attempt: number;
  /** Why there has to be another attempt. */
  readonly error: OpAMPError;
}

/** How long to wait: what the server asked for, else what throttling demands, else the policy's. */
export function delayBeforeAttemptMs({ retry, random, attempt, error }: RetryDelayOptions): number {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs * (1 + JITTER * random());
  if (error.code === "throttled") return throttledDelayMs(attempt, random);
  const delayMs = retry.delayMs(attempt, random);
  return delayMs >= 0 ? delayMs : fallback.delayMs(attempt, random);
}

/** Grows from the minimum on, never below it. */
function throttledDelayMs(attempt: number, random: Random): number {
  const cappedMs = Math.min(THROTTLED_MAX_MS, THROTTLED_MIN_MS * 2 ** (attempt - 1));
  return cappedMs * (1 + random() / 2);
}

/** For a policy that answers with no number, or a negative one. */
const fallback = exponentialBackoff();
