import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median, type Result } from "../result.ts";
import { ours, startServer } from "../server-process.ts";

export interface SharedSuiteOptions {
  readonly agents: number;
  readonly connections: number;
  readonly rounds: number;
  readonly beatMs: number;
}

interface Measured {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly cpuMicrosecondsPerBeat: number;
}

/** Between heartbeats: shorter than anybody's, so that there are enough of them to count. */
const INTERVAL_MS = 5000;

const program = fileURLToPath(new URL("../programs/client-shared.ts", import.meta.url));
const run = promisify(execFile);

/** Client: many agents in one process, over few WebSockets. There is no peer that can do this. */
export async function measureShared(options: SharedSuiteOptions): Promise<readonly Result[]> {
  const rounds: Measured[] = [];
  for (let round = 0; round < options.rounds; round += 1) rounds.push(await measure(options));
  const count = options.agents.toLocaleString("en-US");
  const common = { peer: "-", theirs: undefined, lessIsBetter: true };
  const each = `agent, ${count} over ${options.connections} WebSockets`;
  return [
    {
      ...common,
      what: `resident memory per ${each}`,
      unit: "KB",
      ours: median(rounds.map(({ residentBytes }) => residentBytes / 1024)),
    },
    {
      ...common,
      what: `heap per ${each}`,
      unit: "KB",
      ours: median(rounds.map(({ heapBytes }) => heapBytes / 1024)),
    },
    {
      ...common,
      what: `CPU per heartbeat sent and answered, ${count} agents`,
      unit: "µs",
      ours: median(rounds.map(({ cpuMicrosecondsPerBeat }) => cpuMicrosecondsPerBeat)),
    },
  ];
}

async function measure({ agents, connections, beatMs }: SharedSuiteOptions): Promise<Measured> {
  await using server = await startServer(ours);
  const args = [agents, connections, beatMs, INTERVAL_MS].map(String);
  const { stdout } = await run(process.execPath, ["--expose-gc", program, server.url, ...args]);
  return JSON.parse(stdout);
}
