import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { createEventLog, type EventLog, type PeerEvent } from "./event-log.ts";

/** A program that takes commands as JSON lines on stdin and says events as JSON lines on stdout. */
export interface PeerProcess<E extends PeerEvent> extends AsyncDisposable {
  readonly events: EventLog<E>;
  command(command: PeerCommand): void;
}

interface PeerCommand {
  readonly command: string;
  readonly [argument: string]: unknown;
}

export interface PeerProgram {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
}

/** How much of the end of stderr is kept for the message of a failure. */
const STDERR_KEPT_CHARACTERS = 20_000;

/** Starts a peer. Disposing of it kills it. */
export function startPeerProcess<E extends PeerEvent>(program: PeerProgram): PeerProcess<E> {
  const [file, ...args] = program.command;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  const events = createEventLog<E>({ name: program.name, notes: () => stderr });

  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT_CHARACTERS);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = parseEvent<E>(line);
    if (event) events.push(event);
    else events.end(`the process wrote ${line}`);
  });
  child.on("error", (error) => events.end(error.message));
  child.on("close", (code, signal) => events.end(`the process has ended (${signal ?? code})`));
  // A write to a process that has ended; its end has been noted.
  child.stdin.on("error", (error) => events.end(error.message));

  return {
    events,
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

function parseEvent<E extends PeerEvent>(line: string): E | undefined {
  const value: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
  return typeof value === "object" && value !== null && "event" in value ? (value as E) : undefined;
}
