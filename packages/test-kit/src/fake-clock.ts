import type { Clock, Timer } from "@opamp/protocol";

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /**
   * Moves time forward, fires what falls due in order, and lets promises settle in between. Real
   * I/O is not waited for: pair it with in-memory peers.
   */
  advance(ms: number): Promise<void>;
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
  /** How many timers wait: 0 when nothing leaks. */
  readonly pendingTimers: number;
  /** Milliseconds until the next timer fires. */
  readonly nextTimerMs: number | undefined;
}

interface Pending {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Makes a clock that stands at `startMs` (milliseconds since the epoch). */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  const pending = new Set<Pending>();
  let nowMs = startMs;

  const next = (): Pending | undefined =>
    [...pending].reduce<Pending | undefined>(
      (first, timer) => (first === undefined || timer.atMs < first.atMs ? timer : first),
      undefined,
    );

  return {
    now: () => nowMs,
    setTimer(callback, delayMs): Timer {
      const timer = { atMs: nowMs + Math.max(0, delayMs), callback };
      pending.add(timer);
      return { cancel: () => pending.delete(timer) };
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      let fired = 0;
      for (let timer = next(); timer !== undefined && timer.atMs <= untilMs; timer = next()) {
        fired += 1;
        if (fired > MAX_FIRED) throw new Error(`${MAX_FIRED} timers fired in ${ms} ms: a loop?`);
        nowMs = timer.atMs;
        pending.delete(timer);
        timer.callback();
        await settle();
      }
      nowMs = untilMs;
      await settle();
    },
    settle,
    get pendingTimers() {
      return pending.size;
    },
    get nextTimerMs() {
      const timer = next();
      return timer === undefined ? undefined : timer.atMs - nowMs;
    },
  };
}

/** So that code that answers itself without end fails a test instead of hanging it. */
const MAX_FIRED = 100_000;

/** Long chains of promises settle within this many turns of the event loop. */
const TURNS = 5;

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
