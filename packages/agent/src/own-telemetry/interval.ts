import type { Clock, Timer } from "@opamp/protocol";

export interface Interval {
  stop(): void;
}

/** Calls again and again; while a call is under way, no other is made. */
export function createInterval(
  call: () => Promise<void>,
  { ms, clock }: { readonly ms: number; readonly clock: Clock },
): Interval {
  let isCalling = false;
  let timer: Timer = clock.setTimer(tick, ms);
  function tick(): void {
    timer = clock.setTimer(tick, ms);
    if (isCalling) return;
    isCalling = true;
    void call().finally(() => {
      isCalling = false;
    });
  }
  return { stop: () => timer.cancel() };
}
