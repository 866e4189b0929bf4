import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const conditions = "--conditions=@opamp/source";
const main = join(import.meta.dirname, "../../src/cli/main.ts");

/** The command that runs a program of this folder's `programs`. */
export function programCommand(name: string): readonly [string, ...string[]] {
  return [process.execPath, conditions, join(import.meta.dirname, "../programs", name)];
}

/** Runs the CLI to its end, as a process of its own. */
export async function runCli(args: readonly string[]): Promise<CliResult> {
  const child = spawn(process.execPath, [conditions, main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
