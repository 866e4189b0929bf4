import { readdirSync, readFileSync } from "node:fs";

/** Seconds of CPU that a process and its children use, in user and kernel mode. Linux only. */
export function cpuSeconds(pid: number): number {
  const threads = familyOf(pid).flatMap((id) =>
    readdirSync(`/proc/${id}/task`).map((thread) => `/proc/${id}/task/${thread}/schedstat`),
  );
  return sum(threads.map((file) => Number(readFileSync(file, "utf8").split(" ")[0]))) / 1e9;
}

/** Resident memory of a process and its children, in bytes. Linux only. */
export function residentBytes(pid: number): number {
  return sum(familyOf(pid).map((id) => statusBytes(id, "VmRSS")));
}

/** The most that the resident memory of a process has ever been, in bytes. Linux only. */
export function peakResidentBytes(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function familyOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return [pid, ...children.filter((child) => child !== "").map(Number)];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function statusBytes(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return Number(kilobytes) * 1024;
}
