import { connectAgents } from "../agents.ts";
import { cpuSeconds, residentBytes } from "../process-usage.ts";
import { median, type Result } from "../result.ts";
import { ours, type ServerProgram, startServer } from "../server-process.ts";

export interface ServerSuiteOptions {
  readonly goServer: string | undefined;
  readonly rounds: number;
  readonly beatMs: number;
  readonly idleCounts: readonly number[];
}

/** Memory needs a moment to settle: buffers are freed and pages given back. */
const SETTLE_MS = 1500;

/** Server: heartbeats answered per second of CPU, and memory per idle WebSocket. */
export async function measureServer(options: ServerSuiteOptions): Promise<readonly Result[]> {
  const { goServer, rounds, beatMs, idleCounts } = options;
  const theirs: ServerProgram | undefined =
    goServer === undefined ? undefined : { name: "opamp-go", command: [goServer] };
  const compare = async (
    measure: (program: ServerProgram) => Promise<number>,
  ): Promise<Pick<Result, "ours" | "theirs" | "peer">> => {
    const mine: number[] = [];
    const others: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      mine.push(await measure(ours));
      if (theirs !== undefined) others.push(await measure(theirs));
    }
    return {
      ours: median(mine),
      theirs: theirs === undefined ? undefined : median(others),
      peer: "opamp-go server",
    };
  };
  const results: Result[] = [
    {
      what: "heartbeats answered, 200 WebSockets",
      unit: "per CPU second",
      lessIsBetter: false,
      ...(await compare((program) => heartbeatsPerCpuSecond(program, 200, beatMs))),
    },
  ];
  for (const count of idleCounts) {
    results.push({
      what: `memory per idle WebSocket, ${count.toLocaleString("en-US")} open`,
      unit: "KB",
      lessIsBetter: true,
      ...(await compare((program) => idleKilobytes(program, count))),
    });
  }
  return results;
}

async function heartbeatsPerCpuSecond(
  program: ServerProgram,
  count: number,
  beatMs: number,
): Promise<number> {
  await using server = await startServer(program);
  await using agents = await connectAgents(server.url, count);
  await agents.beat(beatMs / 2);
  const before = cpuSeconds(server.pid);
  const answers = await agents.beat(beatMs);
  return answers / (cpuSeconds(server.pid) - before);
}

async function idleKilobytes(program: ServerProgram, count: number): Promise<number> {
  await using server = await startServer(program);
  {
    await using _warm = await connectAgents(server.url, 50);
  }
  await settle();
  const before = residentBytes(server.pid);
  await using _agents = await connectAgents(server.url, count);
  await settle();
  return (residentBytes(server.pid) - before) / 1024 / count;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
