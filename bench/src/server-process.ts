import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A server program: ours and the peer's take the same options. */
export interface ServerProgram {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

export interface ServerOptions {
  /** Whether it keeps what each agent has reported. @default false */
  readonly tracker?: boolean;
  /** Whether it takes permessage-deflate. @default false */
  readonly compression?: boolean;
  /** The files of certificate and key; with them, TLS is spoken. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** @default a free one */
  readonly port?: number;
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** How many agents its tracker knows in full. */
  countInFull(): Promise<number>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/** Our server, as built by `npm run build`. */
export const ours: ServerProgram = programOf("server");

/** The same as docs/performance.md advises where memory counts. */
export const oursSetForMemory: ServerProgram = setForMemory(ours);

/** The same in two processes on one port, always with a tracker in each. */
export const oursInTwoProcesses: ServerProgram = programOf("two-processes");

/** What Node itself takes for a connection with TLS. */
export const bareTls: ServerProgram = { ...programOf("bare-tls"), name: "bare node:tls" };

function programOf(name: string): ServerProgram {
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  return { name: `@opamp/server (${name})`, command: [process.execPath, file] };
}

function setForMemory({ name, command: [node, ...args] }: ServerProgram): ServerProgram {
  const command = ["env", "MALLOC_ARENA_MAX=1", node, "--max-semi-space-size=2", ...args] as const;
  return { name: `${name}, set for memory`, command };
}

/** Starts a server program. Resolves when it listens. */
export async function startServer(
  { name, command }: ServerProgram,
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const [file, ...args] = [...command, ...argumentsOf(options)];
  const child = spawn(file ?? "", args, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const nextNumber = async (): Promise<number> => {
    const line = await Promise.race([once(lines, "line"), exited.then(() => undefined)]);
    if (line === undefined) throw new Error(`${name} has ended`);
    return Number(line[0]);
  };
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  const port = await nextNumber();
  return {
    pid: child.pid ?? 0,
    port,
    url: `ws://127.0.0.1:${port}/v1/opamp`,
    countInFull() {
      child.stdin.write("\n");
      return nextNumber();
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

function argumentsOf({ tracker, compression, tls, port = 0 }: ServerOptions): readonly string[] {
  return [
    `--port=${port}`,
    ...(tracker === true ? ["--tracker"] : []),
    ...(compression === true ? ["--compression"] : []),
    ...(tls === undefined ? [] : [`--cert=${tls.certFile}`, `--key=${tls.keyFile}`]),
  ];
}
