import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Log } from "./log.ts";

export interface KeepRunningOptions {
  readonly name: string;
  /** The module that the process runs. */
  readonly module: URL;
  /** Its arguments, asked for at each start. */
  readonly args: () => readonly string[];
  readonly log: Log;
  /** Called with each message that the process sends. */
  readonly onMessage?: (message: unknown) => void;
  /** Called when it ends with an error of its own: it would end so again. */
  readonly onFailure: () => void;
}

export interface KeptProcess {
  /** Ends the process, in order if it can, and leaves it ended. */
  stop(): Promise<void>;
}

const RESTART_DELAY_MS = 300;
const STOP_DEADLINE_MS = 6000;

/** Starts a process, and starts it again whenever something else ends it. */
export function keepRunning(options: KeepRunningOptions): KeptProcess {
  const { name, log } = options;
  const stopping = new AbortController();
  let child = start(options, onExit);

  function onExit(code: number | null, signal: string | null): void {
    if (stopping.signal.aborted) return;
    if (code !== null && code !== 0) return options.onFailure();
    log(`the ${name} process ended (${signal ?? "by itself"}) and is started again`);
    const timer = setTimeout(() => {
      child = start(options, onExit);
    }, RESTART_DELAY_MS);
    stopping.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  return {
    async stop() {
      stopping.abort();
      await end(child);
    },
  };
}

type OnExit = (code: number | null, signal: string | null) => void;

function start(
  { name, module, args, log, onMessage }: KeepRunningOptions,
  onExit: OnExit,
): ChildProcess {
  const child = fork(module, [...args()]);
  if (onMessage !== undefined) child.on("message", onMessage);
  child.on("exit", onExit);
  log(`the ${name} is process ${child.pid}`);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const deadline = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(deadline);
}
