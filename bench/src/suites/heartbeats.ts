import { createAgentCrowd } from "@opamp/test-kit";
import { type Comparison, compare } from "../compare.ts";
import { cpuSeconds, peakResidentBytes } from "../process-usage.ts";
import type { Result } from "../result.ts";
import { type ServerProgram, startServer } from "../server-process.ts";

export interface HeartbeatSuiteOptions extends Comparison {
  /** How long heartbeats are counted, at a rate and without. */
  readonly beatMs: number;
  /** The heartbeats of all agents together. */
  readonly perSecond: number;
  readonly connections: readonly number[];
}

interface Setting {
  readonly connections: number;
  readonly tracker: boolean;
}

/** Server: CPU per heartbeat and answer, and the memory that it takes meanwhile. */
export async function measureHeartbeats(
  options: HeartbeatSuiteOptions,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const connections of options.connections) {
    for (const tracker of [false, true]) {
      results.push(...(await measureSetting(options, { connections, tracker })));
    }
  }
  return results;
}

async function measureSetting(
  options: HeartbeatSuiteOptions,
  setting: Setting,
): Promise<readonly Result[]> {
  const { beatMs, perSecond } = options;
  const rate = `${perSecond.toLocaleString("en-US")}/s`;
  const where = `${setting.connections.toLocaleString("en-US")} WebSockets${setting.tracker ? ", tracked" : ""}`;
  const of = await compare(options, (program) =>
    measureProgram(program, { ...setting, beatMs, perSecond }),
  );
  return [
    {
      what: `heartbeats answered, ${where}`,
      unit: "per CPU second",
      lessIsBetter: false,
      ...of("perCpuSecond"),
    },
    {
      what: `heartbeat and answer, ${where}`,
      unit: "CPU µs",
      lessIsBetter: true,
      ...of("cpuMicroseconds"),
    },
    {
      what: `heartbeat and answer at ${rate}, ${where}`,
      unit: "CPU µs",
      lessIsBetter: true,
      ...of("cpuMicrosecondsAtRate"),
    },
    {
      what: `most memory taken meanwhile, ${where}`,
      unit: "MB",
      lessIsBetter: true,
      ...of("peakMegabytes"),
    },
  ];
}

interface Run extends Setting {
  readonly beatMs: number;
  readonly perSecond: number;
}

async function measureProgram(
  program: ServerProgram,
  { connections, tracker, beatMs, perSecond }: Run,
): Promise<Readonly<Record<Measure, number>>> {
  await using server = await startServer(program, { tracker });
  await using crowd = createAgentCrowd({ port: server.port });
  await crowd.grow(connections, tracker ? "full report" : "heartbeat");
  const cpuPerBeat = async (beat: () => Promise<{ readonly count: number }>): Promise<number> => {
    const before = cpuSeconds(server.pid);
    const { count } = await beat();
    return (cpuSeconds(server.pid) - before) / count;
  };
  await crowd.beat(beatMs / 2);
  const seconds = await cpuPerBeat(() => crowd.beat(beatMs));
  const secondsAtRate = await cpuPerBeat(() => crowd.beatAtRate({ perSecond, durationMs: beatMs }));
  return {
    perCpuSecond: 1 / seconds,
    cpuMicroseconds: seconds * 1e6,
    cpuMicrosecondsAtRate: secondsAtRate * 1e6,
    peakMegabytes: peakResidentBytes(server.pid) / 1e6,
  };
}

type Measure = "perCpuSecond" | "cpuMicroseconds" | "cpuMicrosecondsAtRate" | "peakMegabytes";
