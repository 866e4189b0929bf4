import { spawnSync } from "node:child_process";

export interface CommandResult {
  readonly passed: boolean;
  readonly stdout: string;
  /** What it printed, both streams. */
  readonly output: string;
  readonly seconds: number;
}

/** No step of the checks takes as long. */
const TIMEOUT_MS = 600_000;

/** Runs a command to its end, and never throws: one that cannot start or end has failed. */
export function runCommand(
  command: readonly [string, ...string[]],
  cwd: string,
  timeoutMs: number = TIMEOUT_MS,
): CommandResult {
  const startMs = performance.now();
  const [name, ...args] = command;
  const result = spawnSync(name, args, {
    cwd,
    timeout: timeoutMs,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { stdout, stderr, error } = result;
  const seconds = (performance.now() - startMs) / 1000;
  const output = [stdout, stderr, error?.message].join("");
  return { passed: result.status === 0, stdout, output, seconds };
}

/** What a command prints to stdout. Throws when it fails. */
export function runOrThrow(command: readonly [string, ...string[]], cwd: string): string {
  const { passed, stdout, output } = runCommand(command, cwd);
  if (!passed) throw new Error(`${command.join(" ")} failed in ${cwd}:\n${output}`);
  return stdout;
}
