import { describeThrown, OpAMPError } from "@opamp/protocol";
import { exponentialBackoff, type RetryPolicy } from "./retry-policy.ts";

const fallback = exponentialBackoff();

/** The user's policy; the default stands in where it throws or names no time to wait (L-07). */
export function guardRetryPolicy(
  policy: RetryPolicy,
  onFailure: (error: OpAMPError) => void,
): RetryPolicy {
  return {
    delayMs(attempt, random) {
      try {
        const delayMs = policy.delayMs(attempt, random);
        if (Number.isFinite(delayMs) && delayMs >= 0) return delayMs;
        throw new RangeError(`${describeThrown(delayMs)} is no time to wait`);
      } catch (thrown) {
        const message = `retry.delayMs failed: ${describeThrown(thrown)}`;
        onFailure(new OpAMPError("callback-failed", message, { cause: thrown }));
        return fallback.delayMs(attempt, random);
      }
    },
  };
}
