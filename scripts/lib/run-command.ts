import { spawnSync } from "node:child_process";

export interface CommandResult {
  readonly passed: boolean;
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
  const output = [result.stdout, result.stderr, result.error?.message ?? ""].join("");
  return {
    passed: result.status === 0,
    output,
    seconds: (performance.now() - startMs) / 1000,
  };
}

/** Like `runCommand`, for a step without which there is no going on. */
export function runOrThrow(
  command: readonly [string, ...string[]],
  cwd: string,
  env?: NodeJS.ProcessEnv,
): string {
  const { passed, output } = runCommand(command, cwd, env);
  if (!passed) throw new Error(`${command.join(" ")} failed in ${cwd}:\n${output}`);
  return output;
}
