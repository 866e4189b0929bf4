import { availableParallelism } from "node:os";
import type { Check } from "./checks.ts";
import { measureCalmPeriod, NONE, type Parties, type Period } from "./hostile/period.ts";
import { startProgram } from "./hostile/program.ts";
import { type Compared, growthOf, medianOf, printTable } from "./hostile/table.ts";
import { memoryOf } from "./process-memory.ts";
import type { ServerCondition } from "./programs/guarded-server.ts";

export interface HostileOptions {
  readonly agents: number;
  /** The heartbeats of all of them. */
  readonly perSecond: number;
  /** How often each attack begins anew; medians are judged, for the machine may do other things. */
  readonly rounds: number;
  /** How long to look at an attack, and as long before it without one. */
  readonly periodMs: number;
  /** How often a period that others disturb is measured again. */
  readonly maxDiscarded: number;
  /** By how much the 99th percentile of the time to answers may grow. */
  readonly maxGrowth: number;
  /** What that may always be: below it, the load of the machine decides. */
  readonly floorMs: number;
  /** What of it may be one turn of the server's event loop, in CPU time: load hardly changes that. */
  readonly maxTurnMs: number;
  readonly maxResidentBytes: number;
}

/** Bounds the space of young objects: to collect it stops the server, for as long as it is large. */
const SERVER_FLAGS = ["--max-semi-space-size=2"];

/** Good agents beside one that attacks: what they notice of it, and what it costs the server. */
export async function runHostile(options: HostileOptions): Promise<readonly Check[]> {
  const { agents, perSecond } = options;
  await using programs = new AsyncDisposableStack();
  const awake = [];
  for (let i = 0; i < availableParallelism(); i += 1) {
    awake.push(programs.use(await startProgram("keep-awake")));
  }
  await using server = await startProgram("guarded-server", { flags: SERVER_FLAGS });
  const port = Number(server.greeting);
  await using good = await startProgram("good-agents", { args: [port, agents, perSecond] });
  await using hostile = await startProgram("hostile-client", { args: [port] });
  const attacks = hostile.greeting as readonly string[];
  const rows = await compare(attacks, { server, good, hostile, awake }, options);
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
  { rounds, periodMs: durationMs, maxDiscarded }: HostileOptions,
): Promise<readonly Compared[]> {
  const rows = attacks.map((name) => ({ name, alone: [] as Period[], beside: [] as Period[] }));
  const measure = (attack: number): Promise<Period> =>
    measureCalmPeriod(parties, { attack, durationMs, maxDiscarded });
  await measure(NONE);
  for (let round = 0; round < rounds; round += 1) {
    for (const [attack, { alone, beside }] of rows.entries()) {
      alone.push(await measure(NONE));
      beside.push(await measure(attack));
    }
  }
  return rows;
}

function checkAttack(row: Compared, { floorMs, maxGrowth, maxTurnMs }: HostileOptions): Check {
  const { name, beside } = row;
  const growth = growthOf(row);
  const p99Ms = medianOf(beside, (period) => period.p99Ms);
  const turnMs = medianOf(beside, (period) => period.turnP99Ms);
  const what = `${name}: answers take ${maxGrowth} times as long or ${ms(floorMs)} at most, turns of the server ${ms(maxTurnMs)}`;
  if (!(growth <= maxGrowth || p99Ms <= floorMs)) {
    return { what, problem: `answers take ${ms(p99Ms)}, ${growth.toFixed(1)} times as long` };
  }
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
