import type { OpAMPError, Random } from "@opamp/protocol";
import type { RetryPolicy } from "./retry-policy.ts";

/** What a throttled agent waits at least, when the server does not say (C-231). */
const THROTTLED_MIN_MS = 30_000;
const THROTTLED_MAX_MS = 600_000;

/** How much later than asked an agent comes back, so that not all come at once (C-253). */
const JITTER = 0.1;

export interface RetryDelayOptions {
  readonly retry: RetryPolicy;
  readonly random: Random;
  /** As the policy counts it. */
  readonly attempt: number;
  /** Why there has to be another attempt. */
  readonly error: OpAMPError;
  /** The longest wait that the server may ask for. */
  readonly maxRetryAfterMs: number;
}

/** How long to wait: what the policy says, and no less than the server or throttling demands. */
export function delayBeforeAttemptMs(options: RetryDelayOptions): number {
  const { retry, random, attempt, error, maxRetryAfterMs } = options;
  const delayMs = retry.delayMs(attempt, random);
  if (error.retryAfterMs !== undefined) {
    const askedMs = Math.min(error.retryAfterMs, maxRetryAfterMs);
    return Math.max(delayMs, askedMs * (1 + JITTER * random()));
  }
  return error.code === "throttled"
    ? Math.max(delayMs, throttledDelayMs(attempt, random))
    : delayMs;
}

/** Grows from the minimum on, never below it. */
function throttledDelayMs(attempt: number, random: Random): number {
  const cappedMs = Math.min(THROTTLED_MAX_MS, THROTTLED_MIN_MS * 2 ** (attempt - 1));
  return cappedMs * (1 + random() / 2);
}
