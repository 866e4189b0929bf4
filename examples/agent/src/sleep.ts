import type { Clock } from "@opamp/protocol";

export interface SleepOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Waits. Resolves to true after the time, to false as soon as the signal fires. */
export function sleep(delayMs: number, { clock, signal }: SleepOptions): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    }, delayMs);
    const onAbort = (): void => {
      timer.cancel();
      resolve(false);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
