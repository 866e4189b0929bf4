import { exponentialBackoff } from "@opamp/client";
import type { AgentToServerInit, ServerToAgent } from "@opamp/protocol";
import {
  collectorReport,
  createLeanAgent,
  Latencies,
  type LeanAddress,
  type LeanAgent,
  LeanConnectionError,
} from "@opamp/test-kit";

/** Agents that come back whenever they have lost their server. */
export interface ReturningAgents {
  /** Resolves when the server has the full state of each. */
  untilKnown(): Promise<void>;
  /** What was measured since the last call. */
  takeMeasurements(): Measurements;
}

/** In milliseconds. */
export interface Measurements {
  readonly handshakes: readonly number[];
  readonly answers: readonly number[];
  /** Handshakes that failed: nobody listened, they took too long, or were refused. */
  readonly failures: number;
}

export interface ReturningAgentsOptions {
  readonly address: LeanAddress;
  readonly count: number;
}

/** What our client does by default. */
const retry = exponentialBackoff();
const CONNECT_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 30_000;
const POLL_MS = 10;
const FULL_STATE_WANTED = 1n;

/** Starts them. They live as long as the process. */
export function startReturningAgents(options: ReturningAgentsOptions): ReturningAgents {
  return new Fleet(options);
}

class Fleet implements ReturningAgents {
  readonly #agents: readonly LeanAgent[];
  readonly #known = new Set<LeanAgent>();
  #handshakes = new Latencies();
  #answers = new Latencies();
  #failures = 0;

  constructor({ address, count }: ReturningAgentsOptions) {
    this.#agents = Array.from({ length: count }, () => createLeanAgent(address));
    for (const agent of this.#agents) void this.#live(agent);
    void this.#beat();
  }

  async untilKnown(): Promise<void> {
    while (this.#known.size < this.#agents.length) await wait(POLL_MS);
  }

  takeMeasurements(): Measurements {
    const measured = {
      handshakes: this.#handshakes.values,
      answers: this.#answers.values,
      failures: this.#failures,
    };
    this.#handshakes = new Latencies();
    this.#answers = new Latencies();
    this.#failures = 0;
    return measured;
  }

  async #live(agent: LeanAgent): Promise<never> {
    for (let attempt = 0; ; attempt += 1) {
      if (attempt > 0) await wait(retry.delayMs(attempt, Math.random));
      try {
        await this.#connect(agent);
        await this.#becomeKnown(agent);
        attempt = 0;
        await agent.untilClosed();
      } catch (thrown) {
        if (!(thrown instanceof LeanConnectionError)) throw thrown;
        this.#failures += 1;
        await agent.disconnect();
        await wait((thrown.refusal?.retryAfterSeconds ?? 0) * 1000);
      }
      this.#known.delete(agent);
    }
  }

  async #connect(agent: LeanAgent): Promise<void> {
    const startMs = performance.now();
    const timer = setTimeout(() => void agent.disconnect(), CONNECT_TIMEOUT_MS);
    try {
      await agent.connect();
    } finally {
      clearTimeout(timer);
    }
    this.#handshakes.add(performance.now() - startMs);
  }

  /** It says that nothing has changed, as after any break, and more when it is asked. */
  async #becomeKnown(agent: LeanAgent): Promise<void> {
    for (let message: AgentToServerInit | undefined; ; message = collectorReport()) {
      const { flags, errorResponse } = await this.#ask(agent, message);
      if (errorResponse !== undefined) throw new LeanConnectionError(undefined);
      if ((flags & FULL_STATE_WANTED) === 0n) break;
    }
    this.#known.add(agent);
  }

  /** Heartbeats of those that are known, each at its own time. */
  async #beat(): Promise<never> {
    for (let i = 0; ; i = (i + 1) % this.#agents.length) {
      const agent = this.#agents[i];
      if (agent !== undefined && this.#known.has(agent)) void this.#beatOnce(agent);
      await wait(HEARTBEAT_MS / this.#agents.length);
    }
  }

  async #beatOnce(agent: LeanAgent): Promise<void> {
    try {
      await this.#ask(agent);
    } catch (thrown) {
      if (!(thrown instanceof LeanConnectionError)) throw thrown;
    }
  }

  async #ask(agent: LeanAgent, message?: AgentToServerInit): Promise<ServerToAgent> {
    const startMs = performance.now();
    const answer = await agent.ask(message);
    this.#answers.add(performance.now() - startMs);
    return answer;
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
