import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** How a server program is started: it prints its port and ends when its standard input closes. */
export interface ServerProgram {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
}

/** Our server, as built by `npm run build`. */
export const ours: ServerProgram = {
  name: "@opamp/server",
  command: [process.execPath, fileURLToPath(new URL("programs/server.ts", import.meta.url))],
};

export async function startServer({ command }: ServerProgram): Promise<ServerProcess> {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const port = await firstLine(child);
  return {
    pid: child.pid ?? 0,
    url: `ws://127.0.0.1:${port}/v1/opamp`,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.stdin.end();
      child.kill();
      await exited;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server has no standard output");
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("the server ended before it printed its port");
}
