import type { ServerToAgent } from "@opamp/protocol";
import { collectorReport } from "./collector-report.ts";
import { Latencies } from "./latencies.ts";
import { createLeanAgent, type LeanAgent } from "./lean-agent.ts";
import type { LeanAddress } from "./lean-socket.ts";

/** Many agents at one server. A refused message or a lost connection rejects what is under way. */
export interface AgentCrowd extends AsyncDisposable {
  readonly size: number;
  /**
   * Lets so many more connect. Each has been answered: a heartbeat, or the full report of a Collector.
   */
  grow(count: number, first: "heartbeat" | "full report"): Promise<void>;
  /** Each sends its next heartbeat when the last was answered. */
  beat(durationMs: number): Promise<Latencies>;
  /** Heartbeats at a rate, the agents in turn; one whose last was not answered misses its turn. */
  beatAtRate(options: PaceOptions): Promise<Latencies>;
}

export interface PaceOptions {
  readonly perSecond: number;
  readonly durationMs: number;
}

/** How many handshakes are under way at once. */
const CONCURRENCY = 100;

/** Makes a crowd of nobody. Agents are numbered from 0, for those that connect in different ways. */
export function createAgentCrowd(
  address: LeanAddress | ((index: number) => LeanAddress),
): AgentCrowd {
  const addressOf = typeof address === "function" ? address : () => address;
  const agents: LeanAgent[] = [];
  return {
    get size() {
      return agents.length;
    },
    async grow(count, first) {
      const more = Array.from({ length: count }, (_, i) =>
        createLeanAgent(addressOf(agents.length + i)),
      );
      await forEachOf(more, async (agent) => {
        await agent.connect();
        assertTaken(await agent.ask(first === "heartbeat" ? undefined : collectorReport()));
      });
      agents.push(...more);
    },
    beat: (durationMs) => beatInTurn(agents, durationMs),
    beatAtRate: (options) => beatAtRate(agents, options),
    async [Symbol.asyncDispose]() {
      await Promise.all(agents.map((agent) => agent.disconnect()));
    },
  };
}

async function beatInTurn(agents: readonly LeanAgent[], durationMs: number): Promise<Latencies> {
  const latencies = new Latencies();
  const endMs = performance.now() + durationMs;
  const live = async (agent: LeanAgent): Promise<void> => {
    for (let nowMs = performance.now(); nowMs < endMs; ) {
      await beatOnce(agent);
      const answeredMs = performance.now();
      latencies.add(answeredMs - nowMs);
      nowMs = answeredMs;
    }
  };
  await Promise.all(agents.map(live));
  return latencies;
}

/** In slices of about a millisecond: what is due by then goes out together. */
async function beatAtRate(
  agents: readonly LeanAgent[],
  { perSecond, durationMs }: PaceOptions,
): Promise<Latencies> {
  const latencies = new Latencies();
  const waiting = new Set<LeanAgent>();
  const failure = Promise.withResolvers<never>();
  const startMs = performance.now();
  const beat = async (agent: LeanAgent, dueMs: number): Promise<void> => {
    waiting.add(agent);
    await beatOnce(agent);
    waiting.delete(agent);
    latencies.add(performance.now() - dueMs);
  };
  const pace = async (): Promise<void> => {
    for (
      let sent = 0, passedMs = 0;
      passedMs < durationMs;
      passedMs = performance.now() - startMs
    ) {
      for (; sent < (passedMs * perSecond) / 1000; sent += 1) {
        const agent = agents[sent % agents.length];
        if (agent === undefined || waiting.has(agent)) continue;
        beat(agent, startMs + (sent * 1000) / perSecond).catch(failure.reject);
      }
      await wait(1);
    }
    while (waiting.size > 0) await wait(1);
  };
  await Promise.race([pace(), failure.promise]);
  return latencies;
}

async function beatOnce(agent: LeanAgent): Promise<void> {
  assertTaken(await agent.ask());
}

function assertTaken({ errorResponse }: ServerToAgent): void {
  if (errorResponse === undefined) return;
  throw new Error(`the server answered with an error: ${errorResponse.errorMessage}`);
}

/** So many at a time. */
async function forEachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const work = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
