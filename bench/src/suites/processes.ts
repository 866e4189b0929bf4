import { createAgentCrowd } from "@opamp/test-kit";
import { type Comparison, compare } from "../compare.ts";
import { cpuSeconds, residentBytes } from "../process-usage.ts";
import type { Result } from "../result.ts";
import { oursInTwoProcesses, type ServerProgram, startServer } from "../server-process.ts";
import { settle } from "../settle.ts";

export interface ProcessesSuiteOptions extends Comparison {
  readonly agents: number;
  readonly beatMs: number;
}

/** Server: two processes on one port by `reusePort`, beside one process of the peer. */
export async function measureProcesses(options: ProcessesSuiteOptions): Promise<readonly Result[]> {
  const of = await compare({ ...options, mine: oursInTwoProcesses }, (program) =>
    measureProgram(program, options),
  );
  const where = `two processes, ${options.agents.toLocaleString("en-US")} agents tracked`;
  return [
    {
      what: `WebSockets opened, first message answered, ${where}`,
      unit: "per CPU second",
      lessIsBetter: false,
      ...of("openedPerCpuSecond"),
    },
    {
      what: `memory per agent, ${where}`,
      unit: "KB",
      lessIsBetter: true,
      ...of("kilobytes"),
    },
    {
      what: `heartbeat and answer, ${where}`,
      unit: "CPU µs",
      lessIsBetter: true,
      ...of("cpuMicroseconds"),
    },
  ];
}

async function measureProgram(
  program: ServerProgram,
  { agents, beatMs }: ProcessesSuiteOptions,
): Promise<Readonly<Record<"openedPerCpuSecond" | "kilobytes" | "cpuMicroseconds", number>>> {
  await using server = await startServer(program, { tracker: true });
  await settle();
  const memory = residentBytes(server.pid);
  const cpu = cpuSeconds(server.pid);
  await using crowd = createAgentCrowd({ port: server.port });
  await crowd.grow(agents, "full report");
  const openedPerCpuSecond = agents / (cpuSeconds(server.pid) - cpu);
  await settle();
  const kilobytes = (residentBytes(server.pid) - memory) / 1024 / agents;
  await crowd.beat(beatMs / 2);
  const cpuBefore = cpuSeconds(server.pid);
  const { count } = await crowd.beat(beatMs);
  const cpuMicroseconds = ((cpuSeconds(server.pid) - cpuBefore) / count) * 1e6;
  return { openedPerCpuSecond, kilobytes, cpuMicroseconds };
}
