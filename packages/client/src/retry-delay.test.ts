import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { delayBeforeAttemptMs } from "./retry-delay.ts";
import type { RetryPolicy } from "./retry-policy.ts";

const retry: RetryPolicy = { delayMs: (attempt) => attempt * 1000 };

function delay(error: OpAMPError, attempt = 1, draw = 0): number {
  const maxRetryAfterMs = 3_600_000;
  return delayBeforeAttemptMs({ retry, random: () => draw, attempt, error, maxRetryAfterMs });
}

const lost = new OpAMPError("connection-lost", "lost");
const throttled = new OpAMPError("throttled", "busy");
const asking = (retryAfterMs: number): OpAMPError =>
  new OpAMPError("throttled", "busy", { retryAfterMs });

describe("the wait before an attempt", () => {
  it("is the policy's after any ordinary failure, however short [A-24 L-18]", () => {
    expect(delay(lost)).toBe(1000);
    expect(delay(lost, 7)).toBe(7000);
  });

  it("is at least what the server asked for, and spread over a tenth of it [C-227 C-229 L-17]", () => {
    expect(delay(asking(20_000))).toBe(20_000);
    expect(delay(asking(20_000), 1, 0.5)).toBe(21_000);
  });

  it("is no longer than the server may ask for, whatever it asks for", () => {
    expect(delay(asking(1e15))).toBe(3_600_000);
    expect(delay(asking(1e15), 1, 0.5)).toBe(3_780_000);
    expect(delay(asking(1e15), 7200)).toBe(7_200_000);
  });

  it("is the policy's when the server asks for less [C-228]", () => {
    expect(delay(asking(0), 3)).toBe(3000);
    expect(delay(asking(2000), 3)).toBe(3000);
  });

  it("is at least 30 s after throttling without a time, and grows to ten minutes [C-228 C-231]", () => {
    const waits = [1, 2, 3, 6, 60].map((attempt) => delay(throttled, attempt));
    expect(waits).toEqual([30_000, 60_000, 120_000, 600_000, 600_000]);
    expect(delay(throttled, 1, 0.5)).toBe(37_500);
  });
});
