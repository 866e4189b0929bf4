/** Where time comes from. Handed in, so that a test can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, after `delayMs` milliseconds; the real clock waits 24.8 days at most. */
  setTimer(callback: () => void, delayMs: number): Timer;
}

export interface Timer {
  /** Cancels the call; does nothing when it has been made. */
  cancel(): void;
}

/** A source of numbers from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** The longest delay a timer takes; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(callback, delayMs) {
    const handle = timers.setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS));
    return { cancel: () => timers.clearTimeout(handle) };
  },
};

const timers = globalThis as unknown as {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
};
