import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type {
  ServerCommand,
  ServerDump,
  ServerProcessOptions,
  ServerReport,
} from "./server-messages.ts";

const program = fileURLToPath(new URL("server-program.ts", import.meta.url));

/** A server in a process of its own. */
export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.#exited = once(child, "exit");
  }

  /** Resolves when it listens. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const child = fork(program, [JSON.stringify(options)], {
      execArgv: ["--conditions=@opamp/source"],
      serialization: "advanced",
    });
    const report = await nextReport(child);
    if (report.kind !== "listening") throw new Error("the server process did not listen");
    return new ServerProcess(child, report.port);
  }

  async dump(): Promise<ServerDump> {
    const reported = nextReport(this.#child);
    this.#command({ kind: "dump" });
    const report = await reported;
    if (report.kind !== "dump") throw new Error("the server process said something else");
    return report.dump;
  }

  /** Gives all agents other configs. */
  revise(revision: number): void {
    this.#command({ kind: "revise", revision });
  }

  /** Ends it in no order at all. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Ends it in order. Resolves with its exit code. */
  async close(drainMs: number): Promise<number | null> {
    this.#command({ kind: "close", drainMs });
    await this.#exited;
    return this.#child.exitCode;
  }

  #command(command: ServerCommand): void {
    this.#child.send(command);
  }
}

async function nextReport(child: ChildProcess): Promise<ServerReport> {
  const ended = new AbortController();
  try {
    const exit = once(child, "exit", ended).then(() => {
      throw new Error("the server process ended");
    });
    const [report] = await Promise.race([once(child, "message", ended), exit]);
    return report;
  } finally {
    ended.abort();
  }
}
