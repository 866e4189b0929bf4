import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { PeerEvent } from "./event-log.ts";

/** A program that takes commands as JSON lines on stdin and says events as JSON lines on stdout. */
export interface JsonLinesProcess extends AsyncDisposable {
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  command(command: PeerCommand): void;
}

export interface PeerCommand {
  readonly command: string;
  readonly [argument: string]: unknown;
}

export interface PeerProgram {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
}

/** What becomes of what a program says. */
export interface JsonLinesListener {
  event(event: PeerEvent): void;
  /** Nothing more will come. May be called more than once. */
  end(reason: string): void;
}

/** How much of the end of stderr is kept for the message of a failure. */
const STDERR_KEPT_CHARACTERS = 20_000;

/** Starts a program. Disposing of it kills it. */
export function startJsonLinesProcess(
  { command: [file, ...args] }: PeerProgram,
  listener: JsonLinesListener,
): JsonLinesProcess {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT_CHARACTERS);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = parseEvent(line);
    if (event) listener.event(event);
    else listener.end(`the process wrote ${line}`);
  });
  child.on("error", (error) => listener.end(error.message));
  child.on("close", (code, signal) => listener.end(`the process has ended (${signal ?? code})`));
  // A write to a process that has ended; its end has been noted.
  child.stdin.on("error", (error) => listener.end(error.message));

  return {
    get stderr() {
      return stderr;
    },
    command(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
    },
    async [Symbol.asyncDispose]() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function parseEvent(line: string): PeerEvent | undefined {
  const value: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
  return isEvent(value) ? value : undefined;
}

function isEvent(value: unknown): value is PeerEvent {
  const isObject = typeof value === "object" && value !== null;
  return isObject && "event" in value && typeof value.event === "string";
}
