import type { Clock, Timer } from "@opamp/protocol";

/** How often full state is reported at most, whatever a server keeps asking for. */
const MIN_INTERVAL_MS = 1000;

/** Answers requests for full state: the first at once, one that comes too soon after it later. */
export class FullStateRequests {
  readonly #clock: Clock;
  readonly #report: () => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, report: () => void) {
    this.#clock = clock;
    this.#report = report;
  }

  request(): void {
    if (this.#timer !== undefined) return;
    const dueInMs = this.#lastMs + MIN_INTERVAL_MS - this.#clock.now();
    if (dueInMs <= 0) return this.#answer();
    // A wall clock may be set: then the whole interval is the most that is waited.
    const waitMs = Math.min(dueInMs, MIN_INTERVAL_MS);
    this.#timer = this.#clock.setTimer(() => this.#answer(), waitMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #answer(): void {
    this.stop();
    this.#lastMs = this.#clock.now();
    this.#report();
  }
}
