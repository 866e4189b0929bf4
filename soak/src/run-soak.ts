import { setTimeout as wait } from "node:timers/promises";
import { describeThrown, type Random } from "@opamp/protocol";
import { type ChaosProxy, createSeededRandom, eventually, startChaosProxy } from "@opamp/test-kit";
import { assertAtRest, type Check, checksOf, type Pair } from "./checks.ts";
import { type Holdings, holdings, leftovers } from "./leftovers.ts";
import { HEARTBEAT_MS, SoakAgent } from "./soak-agent.ts";
import { pushTo, type SoakServer, startSoakServer } from "./soak-server.ts";

export interface SoakOptions {
  /** How long the network misbehaves. */
  readonly seconds: number;
  readonly seed: number;
}

/** One agent for each way to speak. */
const ways = [
  { scheme: "ws", compression: false },
  { scheme: "ws", compression: true },
  { scheme: "http", compression: false },
  { scheme: "http", compression: true },
] as const;

/** How long everything has to come to rest once the network is calm. */
const REST_MS = 30_000;

/** Everything is released by then; a heartbeat that was left behind is not. */
const RELEASE = { timeoutMs: HEARTBEAT_MS / 2 };

/** How much the heap may grow from an early moment to the end, in bytes. */
const MAX_GROWTH_BYTES = 16 * 2 ** 20;

/** A world of its own: what is made here is gone when it returns. */
export async function runSoak({ seconds, seed }: SoakOptions): Promise<readonly Check[]> {
  const crashes: unknown[] = [];
  const onCrash = (thrown: unknown): number => crashes.push(thrown);
  process.on("uncaughtException", onCrash).on("unhandledRejection", onCrash);
  const before = holdings();
  const { checks, early } = await misbehave(seconds, createSeededRandom(seed));
  const left = await checkLeftovers(before);
  const [crash] = crashes.map(describeThrown);
  return [
    ...checks,
    left,
    { what: "no crash and no unhandled rejection", problem: crash },
    checkHeap(early),
  ];
}

interface Outcome {
  readonly checks: readonly Check[];
  readonly early: Holdings;
}

async function misbehave(seconds: number, random: Random): Promise<Outcome> {
  await using server = await startSoakServer();
  await using proxy = await startChaosProxy({
    targetPort: server.server.address?.port ?? 0,
    random: createSeededRandom(random() * 2 ** 32),
  });
  const pairs = ways.map((way) => createPair({ server, proxy, random, way }));
  await Promise.all(pairs.map(({ agent }) => agent.client.start()));
  await live(pairs, random, seconds / 4);
  const early = holdings();
  await live(pairs, random, (seconds * 3) / 4);
  console.log(`the network spoilt ${JSON.stringify(proxy.mishaps)}`);
  proxy.calm();
  for (const { agent, record } of pairs) {
    for (let i = 0; i < 20; i += 1) agent.send();
    record.wish("the last");
  }
  const problem = await problemOfRest(pairs);
  const checks = [
    { what: `at rest ${REST_MS / 1000} s after the network is`, problem },
    ...pairs.flatMap((pair) => checksOf(pair)),
  ];
  await Promise.all(pairs.map(({ agent }) => agent.client.stop()));
  return { checks, early };
}

interface PairOptions {
  readonly server: SoakServer;
  readonly proxy: ChaosProxy;
  readonly random: Random;
  readonly way: (typeof ways)[number];
}

function createPair({ server, proxy, random, way }: PairOptions): Pair {
  const { port } = proxy;
  const agentRandom = createSeededRandom(random() * 2 ** 32);
  const agent = new SoakAgent({
    ...way,
    port,
    random: agentRandom,
    record: (uid) => server.recordOf(uid),
  });
  return { agent, record: server.recordOf(agent.client.instanceUid) };
}

/** Both ends do something, again and again. */
async function live(pairs: readonly Pair[], random: Random, seconds: number): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  let revision = 0;
  while (performance.now() < endMs) {
    for (const { agent, record } of pairs) {
      agent.act();
      if (random() < 0.3) pushTo(record, "message");
      if (random() > 0.02) continue;
      revision += 1;
      record.wish(`config ${revision} ${random()}`);
      pushTo(record, "config");
    }
    await wait(20 * random());
  }
}

async function problemOfRest(pairs: readonly Pair[]): Promise<string | undefined> {
  try {
    await eventually(() => pairs.forEach(assertAtRest), { timeoutMs: REST_MS });
    return undefined;
  } catch (thrown) {
    return String(thrown);
  }
}

async function checkLeftovers(before: Holdings): Promise<Check> {
  const what = "no handle and no timer is left";
  try {
    await eventually(() => {
      const left = leftovers(before.resources, holdings().resources);
      if (left.length > 0) throw new Error(left.join(", "));
    }, RELEASE);
    return { what, problem: undefined };
  } catch (thrown) {
    return { what, problem: String(thrown) };
  }
}

function checkHeap(early: Holdings): Check {
  const { heapBytes } = holdings();
  const growth = heapBytes - early.heapBytes;
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return {
    what: `the heap went from ${mib(early.heapBytes)} early on to ${mib(heapBytes)} at the end`,
    problem: growth > MAX_GROWTH_BYTES ? `more than ${mib(MAX_GROWTH_BYTES)} of growth` : undefined,
  };
}
