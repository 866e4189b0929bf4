import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { JsonObject } from "./json.ts";

/** A process, told from a later one with the same pid where the system allows it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When it was started, in a form that is only to be compared; empty where that is unknown. */
  readonly started: string;
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), started: startOfProcess(process.pid) };
}

/** Whether a process still runs; one on another host cannot be seen from here and counts as gone. */
export function isRunning({ pid, host, started }: ProcessIdentity): boolean {
  if (host !== hostname() || !isThere(pid)) return false;
  const stat = statOfProcess(pid);
  if (stat?.[0] === ZOMBIE) return false;
  return started === "" || started === startOfProcess(pid);
}

export function processFromJson({ pid, host, started }: JsonObject): ProcessIdentity | undefined {
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof host !== "string" || typeof started !== "string") return undefined;
  return { pid, host, started };
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}

/** It has ended, and its parent has not yet asked how: it does nothing any more, however it is asked. */
const ZOMBIE = "Z";

/** On Linux, what the system says of a process after the name of its program. */
function statOfProcess(pid: number): readonly string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** On Linux the id of the boot and the ticks from there to the start. */
function startOfProcess(pid: number): string {
  const ticks = statOfProcess(pid)?.[19];
  if (ticks === undefined) return "";
  return `${readText("/proc/sys/kernel/random/boot_id")?.trim()}/${ticks}`;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // No such process, or not Linux.
    return undefined;
  }
}
