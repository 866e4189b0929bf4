import type { Clock, OpAMPError, Random } from "@opamp/protocol";
import type { RetryPolicy } from "../retry-policy.ts";
import { raceSignal } from "../transport/attempt-scope.ts";

/** Less than this does not count as having got on: a server must not keep a download going for ever. */
const MIN_PROGRESS_BYTES = 65_536;

export interface RetryDownloadOptions {
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly maxAttempts: number;
  readonly maxRetryAfterMs: number;
  readonly signal: AbortSignal;
}

/** Counts what goes wrong with one download, waits, and knows when to give up. */
export class RetryDownload {
  readonly #options: RetryDownloadOptions;
  #failures = 0;

  constructor(options: RetryDownloadOptions) {
    this.#options = options;
  }

  /** Resolves when it is time for another attempt; rejects with the error when there is none. */
  async afterFailure(error: OpAMPError, newBytes: number): Promise<void> {
    const { maxAttempts, maxRetryAfterMs, retry, random, signal } = this.#options;
    this.#failures = newBytes >= MIN_PROGRESS_BYTES ? 1 : this.#failures + 1;
    const { retryAfterMs = 0 } = error;
    if (isFinal(error) || this.#failures >= maxAttempts || retryAfterMs > maxRetryAfterMs) {
      throw error;
    }
    const delayMs = Math.max(retry.delayMs(this.#failures, random), retryAfterMs);
    if (delayMs > 0) await this.#wait(delayMs, signal);
    signal.throwIfAborted();
  }

  async #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimer(over.resolve, delayMs);
    try {
      await raceSignal(over.promise, signal);
    } finally {
      timer.cancel();
    }
  }
}

/** Answers that can be another one next time, though most of their kind cannot. */
const TRANSIENT_REFUSALS: ReadonlySet<number> = new Set([408, 416, 425]);

/** Whether the next attempt would fail in the same way. */
function isFinal({ code, status = 0, retryable }: OpAMPError): boolean {
  if (!retryable || code === "unauthorized" || code === "redirect-refused") return true;
  if (code !== "unexpected-response") return false;
  return status >= 300 && status < 500 && !TRANSIENT_REFUSALS.has(status);
}
