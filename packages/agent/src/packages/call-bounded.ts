import { type Clock, describeThrown, OpAMPError } from "@opamp/protocol";

export interface CallBounds {
  /** What is called, as the start of a sentence: `installing`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Asks the call to end. */
  readonly stopping: AbortSignal;
  /** Nobody waits for the call any longer. */
  readonly closed: AbortSignal;
}

/** Calls what is the user's, and waits for it until its time is over (L-07). Rejects with the reason. */
export async function callBounded<T>(
  act: (signal: AbortSignal) => T | Promise<T>,
  { what, timeoutMs, clock, stopping, closed }: CallBounds,
): Promise<T> {
  const overdue = new AbortController();
  const signal = AbortSignal.any([stopping, overdue.signal]);
  const call = async (): Promise<T> => act(signal);
  const ended = call().catch((cause: unknown): never => {
    throw new OpAMPError("callback-failed", `${what} failed: ${describeThrown(cause)}`, { cause });
  });
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = clock.setTimer(() => {
    const error = new OpAMPError("timeout", `${what} took longer than ${timeoutMs} ms`);
    overdue.abort(error);
    reject(error);
  }, timeoutMs);
  const close = (): void => reject(closed.reason);
  closed.addEventListener("abort", close, { once: true });
  try {
    return await Promise.race([ended, over]);
  } finally {
    timer.cancel();
    closed.removeEventListener("abort", close);
  }
}
