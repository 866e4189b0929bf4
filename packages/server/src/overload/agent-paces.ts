import type { InstanceUid } from "@opamp/protocol";
import { keepsPace, type Paced, type Rate } from "./rate.ts";

/** For more agents than this, the oldest are forgotten early. */
const MAX_AGENTS = 100_000;

/** Remembers how fast agents that have no connection send messages. */
export class AgentPaces {
  readonly #rate: Rate;
  readonly #maxAgents: number;
  #recent = new Map<InstanceUid, Paced>();
  /** Those of the period before. */
  #older = new Map<InstanceUid, Paced>();
  #periodEndMs = 0;

  constructor(rate: Rate, maxAgents: number = MAX_AGENTS) {
    this.#rate = rate;
    this.#maxAgents = maxAgents;
  }

  /** Whether an agent may send one more message now. */
  keepsPace(uid: InstanceUid, nowMs: number): boolean {
    if (nowMs >= this.#periodEndMs || this.#recent.size >= this.#maxAgents / 2) this.#turn(nowMs);
    const paced = this.#recent.get(uid) ?? this.#older.get(uid) ?? { paceMs: 0 };
    this.#recent.set(uid, paced);
    return keepsPace(paced, this.#rate, nowMs);
  }

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** Who was silent for a whole period may send a burst again: nothing need be known of it. */
  #turn(nowMs: number): void {
    this.#older = this.#recent;
    this.#recent = new Map();
    const { intervalMs, toleranceMs } = this.#rate;
    this.#periodEndMs = nowMs + intervalMs + toleranceMs;
  }
}
