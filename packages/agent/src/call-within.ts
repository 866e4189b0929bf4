import { type Clock, OpAMPError } from "@opamp/protocol";

export interface CallWithinOptions {
  /** Names the call in errors. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Calls the user's code and waits for it, until its time is over or the signal fires (L-07). */
export async function callWithin<T>(
  call: (signal: AbortSignal) => T | Promise<T>,
  { what, timeoutMs, signal, clock }: CallWithinOptions,
): Promise<T> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const overdue = new OpAMPError("timeout", `${what} took longer than ${timeoutMs} ms`);
  const timer = clock.setTimer(() => over.abort(overdue), timeoutMs);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(either.reason);
  either.addEventListener("abort", end, { once: true });
  try {
    either.throwIfAborted();
    return await Promise.race([call(either), ended]);
  } finally {
    timer.cancel();
    either.removeEventListener("abort", end);
  }
}
