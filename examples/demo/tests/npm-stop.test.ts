import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@opamp/test-kit";
import { expect, it, onTestFinished } from "vitest";

/** Processes take a while to start on a busy machine. */
const PATIENT = { timeoutMs: 60_000 };

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

it("npm start, asked to end by SIGTERM, leaves no process behind", {
  timeout: 150_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "opamp-demo-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const options = ["--opamp-port=0", "--web-port=0", `--agent-dir=${directory}`];
  const cwd = join(import.meta.dirname, "../../..");
  const npm = spawn("npm", ["start", "--", ...options], { cwd });
  let output = "";
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const children = (): number[] =>
    [...output.matchAll(/is process (\d+)/g)].map(([, processId]) => Number(processId));
  onTestFinished(() => {
    for (const processId of children().filter(isRunning)) process.kill(processId, "SIGKILL");
  });
  await eventually(() => expect(output).toContain("demo-agent: is connected"), PATIENT);
  expect(children()).toHaveLength(2);
  npm.kill("SIGTERM");
  await eventually(() => expect(children().filter(isRunning)).toEqual([]), PATIENT);
});
