import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "@opamp/test-kit";

/** `npm start`, on free ports, with an agent whose state begins empty. */
export interface DemoProcess extends AsyncDisposable {
  /** Where the page is. */
  readonly pageUrl: string;
  /** The number of the server process now. */
  serverProcessId(): number;
  /** Everything it wrote. */
  output(): string;
}

export async function startDemoProcess(): Promise<DemoProcess> {
  const directory = mkdtempSync(join(tmpdir(), "opamp-demo-"));
  const main = new URL("../../src/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [
    "--conditions=@opamp/source",
    main,
    "--opamp-port=0",
    "--web-port=0",
    `--agent-dir=${directory}`,
  ]);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => lines.push(line));
  }
  const last = (pattern: RegExp): string => {
    const found = lines.findLast((line) => pattern.test(line));
    const value = pattern.exec(found ?? "")?.[1];
    if (value === undefined) throw new Error(`no line like ${pattern} in:\n${lines.join("\n")}`);
    return value;
  };
  const pageUrl = await eventually(() => last(/the page is at (.+)$/));
  return {
    pageUrl,
    serverProcessId: () => Number(last(/the server is process (\d+)$/)),
    output: () => lines.join("\n"),
    async [Symbol.asyncDispose]() {
      await end(child);
      rmSync(directory, { recursive: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
