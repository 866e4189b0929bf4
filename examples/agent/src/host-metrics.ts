import { cpus, freemem, loadavg, platform, totalmem } from "node:os";
import type { MetricName } from "./config.ts";

/** One measured value, named and measured as OpenTelemetry's conventions for hosts say. */
export interface Sample {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** What the value is of, where there are several. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Measures one thing; throws when the host does not offer it. */
export type MetricSource = () => readonly Sample[];

/** Makes a fresh source. Some, such as cpu, measure from one call to the next. */
export type MetricSources = Readonly<Record<MetricName, () => MetricSource>>;

export const hostMetrics: MetricSources = {
  cpu: createCpuSource,
  memory: () => sampleMemory,
  load: () => sampleLoad,
};

/** From one call to the next; the first time, since the host was started. */
function createCpuSource(): MetricSource {
  let before = { totalMs: 0, idleMs: 0 };
  return () => {
    const now = cpuTimes();
    const totalMs = now.totalMs - before.totalMs;
    const idleMs = now.idleMs - before.idleMs;
    before = now;
    const used = totalMs > 0 ? (totalMs - idleMs) / totalMs : 0;
    return [{ name: "system.cpu.utilization", unit: "1", value: round(used) }];
  };
}

function cpuTimes(): { totalMs: number; idleMs: number } {
  let totalMs = 0;
  let idleMs = 0;
  for (const { times } of cpus()) {
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq;
    idleMs += times.idle;
  }
  return { totalMs, idleMs };
}

function sampleMemory(): readonly Sample[] {
  const usedBytes = totalmem() - freemem();
  return [
    { name: "system.memory.usage", unit: "By", value: usedBytes },
    { name: "system.memory.utilization", unit: "1", value: round(usedBytes / totalmem()) },
  ];
}

function sampleLoad(): readonly Sample[] {
  if (platform() === "win32") throw new Error("Windows has no load average");
  const [oneMinute = 0] = loadavg();
  return [{ name: "system.cpu.load_average.1m", unit: "{thread}", value: round(oneMinute) }];
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
