import { spawnSync } from "node:child_process";

export interface CommandResult {
  readonly passed: boolean;
  readonly stdout: string;
  /** What it printed, both streams. */
  readonly output: string;
  readonly seconds: number;
}

/** Runs a command to its end, and never throws: a command that cannot be started has failed. */
export function runCommand(
  command: readonly [string, ...string[]],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): CommandResult {
  const startMs = performance.now();
  const [name, ...args] = command;
  const result = spawnSync(name, args, {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { stdout, stderr, error } = result;
  const seconds = (performance.now() - startMs) / 1000;
  if (error !== undefined) return { passed: false, stdout: "", output: error.message, seconds };
  return {
    passed: result.status === 0,
    stdout,
    output: stdout + stderr,
    seconds,
  };
}

/** What a command prints to stdout. Throws when it fails. */
export function runOrThrow(
  command: readonly [string, ...string[]],
  cwd: string,
  env?: NodeJS.ProcessEnv,
): string {
  const { passed, stdout, output } = runCommand(command, cwd, env);
  if (!passed) throw new Error(`${command.join(" ")} failed in ${cwd}:\n${output}`);
  return stdout;
}
