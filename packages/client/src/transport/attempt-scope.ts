import { type Clock, OpAMPError, type Timer } from "@opamp/protocol";

/**
 * What ends one attempt or exchange early: the caller's signal or a deadline, whichever is first.
 * The reason of its signal is always the `OpAMPError` to reject with.
 */
export class AttemptScope implements Disposable {
  readonly #controller = new AbortController();
  readonly #timers = new Set<Timer>();
  readonly #clock: Clock;
  readonly #outer: AbortSignal | undefined;
  readonly #onOuterAbort = (): void =>
    this.abort(
      new OpAMPError("aborted", "the attempt was aborted", { cause: this.#outer?.reason }),
    );

  constructor(clock: Clock, outer?: AbortSignal) {
    this.#clock = clock;
    this.#outer = outer;
    if (outer?.aborted) this.#onOuterAbort();
    else outer?.addEventListener("abort", this.#onOuterAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the attempt with `timeout` after `ms`, unless the timer is cancelled before. */
  deadline(ms: number, what: string): Timer {
    const timer = this.#clock.setTimer(() => {
      this.abort(new OpAMPError("timeout", `${what} within ${ms} ms`));
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  abort(error: OpAMPError): void {
    this.#controller.abort(error);
  }

  [Symbol.dispose](): void {
    this.#outer?.removeEventListener("abort", this.#onOuterAbort);
    for (const timer of this.#timers) timer.cancel();
  }
}

/** The promise's outcome, or the signal's reason when it fires first. */
export async function raceSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
