import type { Clock, Timer } from "@opamp/protocol";

/** Deadlines that all lie the same time ahead: many items, one timer. */
export interface Deadlines<T> {
  /** Starts the time of an item, or starts it anew. */
  start(item: T): void;
  /** Whether an item's time is running. */
  has(item: T): boolean;
  /** Takes the item out: it met its deadline. */
  stop(item: T): void;
  /** Takes all items out and frees the timer. */
  clear(): void;
}

export interface DeadlinesOptions<T> {
  readonly clock: Clock;
  /** In milliseconds; 0 sets no deadlines. */
  readonly delayMs: number;
  readonly expire: (item: T) => void;
}

/** So many items expire in one go; the event loop serves others before the next ones. */
const BATCH = 500;

/** Makes a set of deadlines. */
export function createDeadlines<T>({ clock, delayMs, expire }: DeadlinesOptions<T>): Deadlines<T> {
  // The delay is the same for all, so the order of insertion is the order of expiry.
  const dueAt = new Map<T, number>();
  let timer: Timer | undefined;

  const enter = (item: T): void => {
    dueAt.delete(item);
    dueAt.set(item, clock.now() + delayMs);
  };

  const arm = (waitMs: number): void => {
    timer = clock.setTimer(expireDue, Math.max(0, waitMs));
  };

  const expireDue = (): void => {
    let left = BATCH;
    for (const [item, atMs] of dueAt) {
      const waitMs = atMs - clock.now();
      if (waitMs > delayMs) {
        // The wall clock was set back: how much of the time has passed is not known.
        enter(item);
        continue;
      }
      if (waitMs > 0 || left === 0) return arm(waitMs);
      left -= 1;
      dueAt.delete(item);
      expire(item);
    }
    timer = undefined;
  };

  return {
    start(item) {
      if (delayMs === 0) return;
      enter(item);
      if (timer === undefined) arm(delayMs);
    },
    has: (item) => dueAt.has(item),
    stop(item) {
      dueAt.delete(item);
    },
    clear() {
      dueAt.clear();
      timer?.cancel();
      timer = undefined;
    },
  };
}
