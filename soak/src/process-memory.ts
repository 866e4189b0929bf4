import { readFileSync } from "node:fs";

/** What a process takes of the memory of the machine, in bytes. Linux only. */
export interface ProcessMemory {
  readonly residentBytes: number;
  /** The most that it has ever taken. */
  readonly peakBytes: number;
}

export function memoryOf(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return { residentBytes: bytes("VmRSS"), peakBytes: bytes("VmHWM") };
}
