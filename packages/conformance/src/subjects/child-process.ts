import { type ChildProcess, spawn } from "node:child_process";
import { firstWithin } from "./first-within.ts";

/** A command that was started, with all that it starts itself. */
export interface RunningCommand extends AsyncDisposable {
  /** How it ended; settles when it has. */
  readonly ended: Promise<CommandEnd>;
  /** Asks it to end, and waits; resolves with undefined when it has not ended in time. */
  stop(withinMs: number): Promise<CommandEnd | undefined>;
}

export type CommandEnd =
  | { readonly kind: "not-started"; readonly error: Error }
  | { readonly kind: "exited"; readonly code: number; readonly output: string }
  | { readonly kind: "killed"; readonly signal: string; readonly output: string };

/** How much is kept of what a command says. */
const MAX_OUTPUT_CHARACTERS = 2000;

const running = new Set<ChildProcess>();

// A process group of its own hears neither Ctrl-C nor the end of this process.
process.on("exit", () => {
  for (const child of running) kill(child, "SIGKILL");
});

/** Starts a command in a process group of its own. */
export function startCommand(
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): RunningCommand {
  const child = spawn(program, args, {
    detached: process.platform !== "win32",
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const ended = endOf(child).finally(() => running.delete(child));
  return {
    ended,
    async stop(withinMs) {
      kill(child, "SIGTERM");
      return firstWithin(withinMs, [ended]);
    },
    async [Symbol.asyncDispose]() {
      kill(child, "SIGKILL");
      await ended;
    },
  };
}

function endOf(child: ChildProcess): Promise<CommandEnd> {
  const { promise, resolve } = Promise.withResolvers<CommandEnd>();
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = `${output}${text}`.slice(-MAX_OUTPUT_CHARACTERS);
    });
  }
  child.on("error", (error) => resolve({ kind: "not-started", error }));
  // Not "close": something that the command left behind may hold its output open.
  child.on("exit", (code, signal) => {
    if (signal === null) resolve({ kind: "exited", code: code ?? 0, output });
    else resolve({ kind: "killed", signal, output });
  });
  return promise;
}

function kill(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
  } catch {
    // It has ended already.
  }
}
