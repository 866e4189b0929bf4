import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { CrashPoint } from "./faulty-file-system.ts";

/** Starts agents in processes of their own. */
export interface AgentProcesses extends Disposable {
  start(serverUrl: string, stateDirectory: string, point?: CrashPoint): ChildProcess;
}

/** Puts a program of this directory into one file first: it is started many times. */
export function createAgentProcesses(program: string): AgentProcesses {
  const directory = mkdtempSync(join(tmpdir(), "opamp-crash-"));
  const outfile = join(directory, "crash-program.cjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, program)],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    conditions: ["@opamp/source"],
  });
  return {
    start(serverUrl, stateDirectory, point) {
      const args = [serverUrl, stateDirectory];
      if (point !== undefined) args.push(`${point.operation}`, point.moment);
      return fork(outfile, args, { execArgv: [], stdio: "inherit" });
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}
