import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Check } from "./checks.ts";
import { memoryOf } from "./process-memory.ts";
import type { ServerCondition } from "./programs/guarded-server.ts";

export interface HostileOptions {
  readonly agents: number;
  /** The heartbeats of all of them. */
  readonly perSecond: number;
  readonly windowMs: number;
  /** How many windows each attack lasts, and the quiet times before and after. */
  readonly windows: number;
  /** By how much the 99th percentile of the time to answers may grow. */
  readonly maxGrowth: number;
  /** What that may always be: below it, the load of the machine decides. */
  readonly floorMs: number;
  /** The same of the CPU time of a turn of the server's event loop, which does not depend on load. */
  readonly maxTurnMs: number;
  readonly maxResidentBytes: number;
}

interface Period {
  readonly name: string;
  /** The median of the windows' 99th percentiles. */
  readonly p99Ms: number;
  readonly turnP99Ms: number;
  readonly residentBytes: number;
}

/** Good agents beside one that attacks: what they notice of it, and what it costs the server. */
export async function runHostile(options: HostileOptions): Promise<readonly Check[]> {
  const { agents, perSecond } = options;
  await using server = await startProgram("guarded-server", []);
  const port = Number(server.greeting);
  await using good = await startProgram("good-agents", [port, agents, perSecond]);
  await using hostile = await startProgram("hostile-client", [port]);
  const attacks = hostile.greeting as readonly string[];
  const measure = async (name: string): Promise<Period> => {
    hostile.child.send(attacks.indexOf(name));
    const p99Ms = await medianP99(good, options);
    const { turnP99Ms } = await conditionOf(server);
    return { name, p99Ms, turnP99Ms, residentBytes: memoryOf(server.pid).residentBytes };
  };
  await measure("warming up");
  const before = await measure("before");
  const periods: Period[] = [];
  for (const name of attacks) periods.push(await measure(name));
  const after = await measure("after");
  const { connected } = await conditionOf(server);
  const aloneMs = Math.max(before.p99Ms, after.p99Ms);
  return [
    ...periods.map((period) => checkPeriod(period, aloneMs, options)),
    {
      what: `${connected} of ${agents} good agents are connected as before`,
      problem: connected === agents ? undefined : "some are not",
    },
    checkMemory(memoryOf(server.pid).peakBytes, options),
  ];
}

function checkPeriod(
  { name, p99Ms, turnP99Ms, residentBytes }: Period,
  aloneMs: number,
  { floorMs, maxGrowth, maxTurnMs }: HostileOptions,
): Check {
  const what = [
    `${name}: p99 of the good agents ${ms(p99Ms)}, alone ${ms(aloneMs)}`,
    `of the CPU of the server's turns ${ms(turnP99Ms)}`,
    `the server takes ${mb(residentBytes)}`,
  ].join("; ");
  const limitMs = Math.max(floorMs, aloneMs * maxGrowth);
  if (!(p99Ms <= limitMs)) return { what, problem: `answers take more than ${ms(limitMs)}` };
  return {
    what,
    problem: turnP99Ms <= maxTurnMs ? undefined : `turns take more than ${ms(maxTurnMs)}`,
  };
}

function checkMemory(peakBytes: number, { maxResidentBytes }: HostileOptions): Check {
  return {
    what: `the server took ${mb(peakBytes)} at most`,
    problem: peakBytes > maxResidentBytes ? `more than ${mb(maxResidentBytes)}` : undefined,
  };
}

async function medianP99(good: Program, { windows, windowMs }: HostileOptions): Promise<number> {
  const measured: number[] = [];
  for (let i = 0; i < windows; i += 1) measured.push(Number(await ask(good, windowMs)));
  return measured.toSorted((a, b) => a - b)[Math.floor(windows / 2)] ?? Number.NaN;
}

async function conditionOf(server: Program): Promise<ServerCondition> {
  return (await ask(server, 0)) as ServerCondition;
}

async function ask({ child, exited }: Program, question: number): Promise<unknown> {
  const answered = once(child, "message");
  child.send(question);
  const [answer] = await Promise.race([answered, exited]);
  return answer;
}

interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Its first message. */
  readonly greeting: unknown;
  /** Rejects when it ends before its time. */
  readonly exited: Promise<never>;
}

async function startProgram(name: string, args: readonly number[]): Promise<Program> {
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const child = fork(file, args.map(String), { execArgv: ["--conditions=@opamp/source"] });
  const ended = once(child, "exit");
  const exited = ended.then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  exited.catch(() => undefined);
  const [greeting] = await Promise.race([once(child, "message"), exited]);
  return {
    child,
    pid: child.pid ?? 0,
    greeting,
    exited,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
