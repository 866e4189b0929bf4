import { setTimeout as wait } from "node:timers/promises";
import type { Check } from "./checks.ts";
import { measurePeriod, NONE, type Parties, type Period } from "./hostile/period.ts";
import { startProgram } from "./hostile/program.ts";
import { type Compared, medianOf, printTable } from "./hostile/table.ts";
import { memoryOf } from "./process-memory.ts";
import type { ServerCondition } from "./programs/guarded-server.ts";

export interface HostileOptions {
  readonly agents: number;
  /** The heartbeats of all of them. */
  readonly perSecond: number;
  /** How often each attack begins anew; medians are judged, for the machine may do other things. */
  readonly rounds: number;
  /** Before each attack. */
  readonly aloneMs: number;
  readonly besideMs: number;
  /** By how much the 99th percentile of the time to answers may grow. */
  readonly maxGrowth: number;
  /** What that may always be: below it, the load of the machine decides. */
  readonly floorMs: number;
  /** The same of the CPU time of a turn of the server's event loop, which does not depend on load. */
  readonly maxTurnMs: number;
  readonly maxResidentBytes: number;
}

/** Until what an attack has left behind is gone. */
const SETTLE_MS = 500;

/** Bounds the space of young objects: to collect it stops the server, for as long as it is large. */
const SERVER_FLAGS = ["--max-semi-space-size=2"];

/** Good agents beside one that attacks: what they notice of it, and what it costs the server. */
export async function runHostile(options: HostileOptions): Promise<readonly Check[]> {
  const { agents, perSecond } = options;
  await using server = await startProgram("guarded-server", { flags: SERVER_FLAGS });
  const port = Number(server.greeting);
  await using good = await startProgram("good-agents", { args: [port, agents, perSecond] });
  await using hostile = await startProgram("hostile-client", { args: [port] });
  const attacks = hostile.greeting as readonly string[];
  const rows = await compare(attacks, { server, good, hostile }, options);
  printTable(rows);
  const { connected } = (await server.ask(0)) as ServerCondition;
  return [
    ...rows.map((row) => checkAttack(row, options)),
    {
      what: `${connected} of ${agents} good agents are connected as before`,
      problem: connected === agents ? undefined : "some are not",
    },
    checkMemory(memoryOf(server.pid).peakBytes, options),
  ];
}

async function compare(
  attacks: readonly string[],
  parties: Parties,
  { rounds, aloneMs, besideMs }: HostileOptions,
): Promise<readonly Compared[]> {
  const rows = attacks.map((name) => ({ name, alone: [] as Period[], beside: [] as Period[] }));
  await measurePeriod(parties, { attack: NONE, durationMs: besideMs });
  for (let round = 0; round < rounds; round += 1) {
    for (const [attack, { alone, beside }] of rows.entries()) {
      alone.push(await measurePeriod(parties, { attack: NONE, durationMs: aloneMs }));
      beside.push(await measurePeriod(parties, { attack, durationMs: besideMs }));
      await wait(SETTLE_MS);
    }
  }
  return rows;
}

function checkAttack(
  { name, alone, beside }: Compared,
  { floorMs, maxGrowth, maxTurnMs }: HostileOptions,
): Check {
  const p99Ms = medianOf(beside, (period) => period.p99Ms);
  const limitMs = Math.max(floorMs, maxGrowth * medianOf(alone, (period) => period.p99Ms));
  const turnMs = medianOf(beside, ({ turnP99Ms }) => turnP99Ms);
  const what = `${name}: answers within ${ms(limitMs)}, turns of the server within ${ms(maxTurnMs)}`;
  if (!(p99Ms <= limitMs)) return { what, problem: `answers take ${ms(p99Ms)}` };
  return { what, problem: turnMs <= maxTurnMs ? undefined : `turns take ${ms(turnMs)}` };
}

function checkMemory(peakBytes: number, { maxResidentBytes }: HostileOptions): Check {
  return {
    what: `the server took ${mb(peakBytes)} at most`,
    problem: peakBytes > maxResidentBytes ? `more than ${mb(maxResidentBytes)}` : undefined,
  };
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
