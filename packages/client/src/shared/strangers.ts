import type { Clock, Logger } from "@opamp/protocol";

/** How often at most it is told of messages for nobody. */
const QUIET_MS = 10_000;

/** Tells of messages for agents that are not there, and no more often than is of use. */
export class Strangers {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #toldMs = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  add(uid: Uint8Array): void {
    this.#untold += 1;
    const nowMs = this.#clock.now();
    // A wall clock may be set back.
    if (Math.abs(nowMs - this.#toldMs) < QUIET_MS) return;
    const last = Buffer.from(uid).toString("hex");
    this.#logger.warn(
      `ignored ${this.#untold} messages for agents that are not on this connection; the last for ${last}`,
    );
    this.#toldMs = nowMs;
    this.#untold = 0;
  }
}
