import { spawnSync } from "node:child_process";

/** Gives this process only the time that no other wants (SCHED_IDLE of Linux). Says whether it could. */
export function useIdleTimeOnly(): boolean {
  const args = ["--all-tasks", "--idle", "--pid", "0", String(process.pid)];
  const { status } = spawnSync("chrt", args, { stdio: "ignore" });
  return status === 0;
}
