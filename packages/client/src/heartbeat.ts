import type { Clock, Random, Timer } from "@opamp/protocol";

/** How much earlier than its time a heartbeat may come, so that a fleet does not beat as one (L-17). */
const JITTER = 0.1;

/** The same for the first one of agents that share a connection, and begin at once. */
const CROWD_JITTER = 0.9;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** 0 sends none. */
  readonly intervalMs: number;
  /** Whether it begins together with others. */
  readonly isInCrowd: boolean;
  /** A heartbeat is due. */
  readonly beat: () => void;
}

/** Counts the time since the last message of any kind (C-79, C-80). */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #intervalMs: number;
  /** When the last message was sent; undefined while nothing is counted. */
  #sinceMs: number | undefined;
  #timer: Timer | undefined;
  /** Until the first beat of a session, the start's. */
  #jitter: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs;
    this.#jitter = this.#startJitter;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Takes a new interval; it, too, counts from the last message. */
  setIntervalMs(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    if (this.#sinceMs !== undefined) this.#schedule(this.#sinceMs);
  }

  /** A message was sent: the next heartbeat is one interval away. */
  restart(): void {
    this.#sinceMs = this.#options.clock.now();
    this.#schedule(this.#sinceMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#sinceMs = undefined;
    this.#jitter = this.#startJitter;
  }

  get #startJitter(): number {
    return this.#options.isInCrowd ? CROWD_JITTER : JITTER;
  }

  #beat(): void {
    this.#jitter = JITTER;
    this.#options.beat();
  }

  #schedule(sinceMs: number): void {
    this.#timer?.cancel();
    if (this.#intervalMs === 0) return;
    const { clock, random } = this.#options;
    const delayMs = this.#intervalMs * (1 - this.#jitter * random());
    // A wall clock may be set: then the whole interval is the most that is waited.
    const elapsedMs = Math.max(0, clock.now() - sinceMs);
    this.#timer = clock.setTimer(() => this.#beat(), Math.max(0, delayMs - elapsedMs));
  }
}
