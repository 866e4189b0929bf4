import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Check } from "./checks.ts";
import { memoryOf } from "./process-memory.ts";

export interface HostileOptions {
  readonly agents: number;
  /** The heartbeats of all of them. */
  readonly perSecond: number;
  readonly windowMs: number;
  /** How many windows each attack lasts, and the time before the first. */
  readonly windows: number;
  /** How much the 99th percentile may grow. */
  readonly maxGrowth: number;
  /** What it may always be: below it, the machine decides. */
  readonly floorMs: number;
  readonly maxResidentBytes: number;
}

/** Good agents beside one that attacks: what they notice of it, and what it costs the server. */
export async function runHostile(options: HostileOptions): Promise<readonly Check[]> {
  const { agents, perSecond } = options;
  await using server = await startProgram<number>("guarded-server", []);
  const port = server.greeting;
  await using good = await startProgram("good-agents", [port, agents, perSecond]);
  await using hostile = await startProgram<readonly string[]>("hostile-client", [port]);
  const attack = (index: number): void => void hostile.child.send(index);
  await windowP99(good, options);
  const alone = await medianP99(good, options);
  const checks: Check[] = [];
  for (const [index, name] of hostile.greeting.entries()) {
    attack(index);
    const beside = await medianP99(good, options);
    const limit = Math.max(options.floorMs, alone * options.maxGrowth);
    checks.push({
      what: `${name}: p99 of the good agents ${ms(beside)}, alone ${ms(alone)}; the server takes ${mb(memoryOf(server.pid).residentBytes)}`,
      problem: beside > limit ? `more than ${ms(limit)}` : undefined,
    });
  }
  attack(-1);
  server.child.send("how many?");
  const [connected] = await once(server.child, "message");
  const { peakBytes } = memoryOf(server.pid);
  return [
    ...checks,
    {
      what: `${connected} good agents are connected as before`,
      problem: connected === agents ? undefined : `${agents} were`,
    },
    {
      what: `the server took ${mb(peakBytes)} at most`,
      problem:
        peakBytes > options.maxResidentBytes
          ? `more than ${mb(options.maxResidentBytes)}`
          : undefined,
    },
  ];
}

async function medianP99(good: Program, { windows, windowMs }: HostileOptions): Promise<number> {
  const measured: number[] = [];
  for (let i = 0; i < windows; i += 1) measured.push(await windowP99(good, { windowMs }));
  return measured.toSorted((a, b) => a - b)[Math.floor(windows / 2)] ?? Number.NaN;
}

async function windowP99(
  { child }: Program,
  { windowMs }: Pick<HostileOptions, "windowMs">,
): Promise<number> {
  child.send(windowMs);
  const [p99] = await Promise.race([once(child, "message"), once(child, "exit")]);
  return p99 ?? Number.NaN;
}

interface Program<T = unknown> extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Its first message. */
  readonly greeting: T;
}

async function startProgram<T>(name: string, args: readonly number[]): Promise<Program<T>> {
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const child = fork(file, args.map(String), { execArgv: ["--conditions=@opamp/source"] });
  const [greeting] = await once(child, "message");
  return {
    child,
    pid: child.pid ?? 0,
    greeting,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
