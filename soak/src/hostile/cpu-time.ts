import { readFileSync } from "node:fs";

/** Since the start of the machine, in the system's own unit (a hundredth of a second). */
export interface CpuTime {
  readonly all: number;
  /** What went to other programs, and what the host of a virtual machine gave to other machines. */
  readonly elsewhere: number;
}

/** Reads it, as seen from these processes. Linux only. */
export function readCpuTime(pids: readonly number[]): CpuTime {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const times = line.split(/\s+/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = times;
  const own = pids.map(timeOf).reduce(sum, 0);
  return { all: times.reduce(sum, 0), elsewhere: user + nice + system + stolen - own };
}

/** Which share of the CPU time between went elsewhere. */
export function shareElsewhere(before: CpuTime, after: CpuTime): number {
  return (after.elsewhere - before.elsewhere) / Math.max(1, after.all - before.all);
}

function timeOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name comes second, in brackets, and may have spaces.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 1)
    .split(" ")
    .slice(12, 14);
  return Number(user) + Number(system);
}

function sum(a: number, b: number): number {
  return a + b;
}
