import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@opamp/test-kit";
import { expect, it, onTestFinished } from "vitest";
import { readSource, root } from "./lib/source-imports.ts";

/** A program of the quick start. */
interface Program {
  readonly pid: number | undefined;
  /** Waits until it has printed a text. */
  sees(text: string): Promise<void>;
  /** What it has printed that matches. */
  match(pattern: RegExp): string;
  /** Presses Ctrl+C, and waits for its end. */
  stop(): Promise<void>;
}

function startProgram(directory: string, name: string): Program {
  const child = spawn(process.execPath, ["--conditions=@opamp/source", name], { cwd: directory });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    pid: child.pid,
    async sees(text) {
      await eventually(() => expect(output).toContain(text), { timeoutMs: 60_000 });
    },
    match: (pattern) => pattern.exec(output)?.[0] ?? "",
    stop() {
      child.kill("SIGINT");
      return ended;
    },
  };
}

function emptyFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), "opamp-quick-start-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  return directory;
}

it("the quick start does what it says", { timeout: 180_000 }, async () => {
  const page = readSource("docs/quick-start.md");
  const [server = "", agent = ""] = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(
    ([, code]) => code,
  );
  const directory = emptyFolder();
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

  write("greeting.txt", "good morning\n");
  write("server.ts", server.replace("port: 4320", "port: 0"));
  const serving = startProgram(directory, "server.ts");
  await serving.sees("agents connect to ");
  write("agent.ts", agent.replace("ws://localhost:4320/v1/opamp", serving.match(/ws:\S+/)));

  const first = startProgram(directory, "agent.ts");
  await first.sees("good morning");
  await serving.sees("the agent runs with: hello\n");
  await serving.sees("the agent runs with: good morning\n");
  await startProgram(directory, "agent.ts").sees(`process ${first.pid} on `);

  write("greeting.txt", "good night\n");
  await first.sees("good night");
  write("greeting.txt", "\n");
  await serving.sees("the agent refuses it: the greeting is empty\n");
  await first.stop();
  const next = startProgram(directory, "agent.ts");
  await next.sees("good night");
  await next.stop();

  await serving.stop();
  const alone = startProgram(directory, "agent.ts");
  await expect(alone.sees("good night")).resolves.toBeUndefined();
});
