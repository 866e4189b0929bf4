import type { Clock, Random } from "@opamp/protocol";

export interface SpreadWindow {
  readonly windowMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Calls for each of a set within a window: evenly, in order, each at a random moment of its share.
 * Who leaves the set meanwhile is not waited for.
 */
export async function spreadOver<T>(
  set: ReadonlySet<T>,
  { windowMs, clock, random }: SpreadWindow,
  call: (item: T) => void,
): Promise<void> {
  const items = [...set];
  const shareMs = windowMs / items.length;
  const startMs = clock.now();
  for (const [index, item] of items.entries()) {
    if (!set.has(item)) continue;
    const waitMs = startMs + (index + random()) * shareMs - clock.now();
    // Never longer than the window, also when the wall clock is set back.
    if (waitMs > 0) await pause(clock, Math.min(waitMs, windowMs));
    call(item);
  }
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, ms);
  });
}
