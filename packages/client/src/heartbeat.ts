import type { Clock, Random, Timer } from "@opamp/protocol";

/** How much earlier than its time a heartbeat may come, so that a fleet does not beat as one (L-17). */
const JITTER = 0.1;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** 0 sends none. */
  readonly intervalMs: number;
  /** A heartbeat is due. */
  readonly beat: () => void;
}

/** Counts the time since the last message of any kind (C-79, C-80). */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #intervalMs: number;
  #timer: Timer | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Takes a new interval; a running count starts anew with it. */
  setIntervalMs(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    if (this.#timer !== undefined) this.restart();
  }

  /** A message was sent: the next heartbeat is one interval away. */
  restart(): void {
    this.stop();
    const { clock, random, beat } = this.#options;
    const delayMs = this.#intervalMs * (1 - JITTER * random());
    this.#timer = this.#intervalMs === 0 ? { cancel() {} } : clock.setTimer(() => beat(), delayMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
