import type { PeerEvent } from "../event-log.ts";
import {
  type JsonLinesProcess,
  type PeerCommand,
  type PeerProgram,
  startJsonLinesProcess,
} from "../json-lines-process.ts";

/** Processes of one program, each used by one case after another: some take long to start. */
export interface PeerPool extends AsyncDisposable {
  readonly name: string;
  /** Starts processes ahead, so that no case waits for one. */
  warm(count: number): Promise<void>;
  /** A process that nobody else uses; what it says goes to the listener. */
  take(onEvent: (event: PeerEvent) => void): PeerLease;
}

/** The use of a process. */
export interface PeerLease {
  command(command: PeerCommand): void;
  /** Sends a command, and resolves when it has been carried out. Rejects with what went wrong. */
  request(command: PeerCommand): Promise<void>;
  /** Ends the use: stops what runs in the process, for the next one, or kills it. */
  release(): Promise<void>;
}

/** What a program answers to a command that it cannot carry out. */
export class CommandRefusedError extends Error {
  override readonly name = "CommandRefusedError";
}

interface PooledProcess {
  readonly child: JsonLinesProcess;
  readonly waiting: Map<number, PromiseWithResolvers<void>>;
  onEvent: (event: PeerEvent) => void;
  ended: string | undefined;
}

/** How long a process may take to stop what runs in it before it is killed. */
const STOP_MS = 3000;

export function createPeerPool(program: PeerProgram): PeerPool {
  const idle: PooledProcess[] = [];
  const all = new Set<PooledProcess>();
  let ids = 0;

  const start = (): PooledProcess => {
    const waiting: PooledProcess["waiting"] = new Map();
    const pooled: PooledProcess = {
      waiting,
      onEvent: () => {},
      ended: undefined,
      child: startJsonLinesProcess(program, {
        event: (event) => handle(pooled, event),
        end(reason) {
          pooled.ended ??= `${reason}\n${pooled.child.stderr}`;
          for (const { reject } of waiting.values()) reject(new Error(pooled.ended));
          waiting.clear();
        },
      }),
    };
    all.add(pooled);
    return pooled;
  };

  const request = async (pooled: PooledProcess, command: PeerCommand): Promise<void> => {
    if (pooled.ended !== undefined) throw new Error(pooled.ended);
    ids += 1;
    const done = Promise.withResolvers<void>();
    pooled.waiting.set(ids, done);
    pooled.child.command({ ...command, id: ids });
    return done.promise;
  };

  const release = async (pooled: PooledProcess): Promise<void> => {
    pooled.onEvent = () => {};
    const stopped = request(pooled, { command: "stop" }).then(
      () => true,
      () => false,
    );
    if (pooled.ended === undefined && (await withinMs(stopped, STOP_MS))) idle.push(pooled);
    else await discard(pooled);
  };

  const discard = async (pooled: PooledProcess): Promise<void> => {
    all.delete(pooled);
    await pooled.child[Symbol.asyncDispose]();
  };

  return {
    name: program.name,
    async warm(count) {
      const started = Array.from({ length: count }, start);
      await Promise.all(started.map((pooled) => request(pooled, { command: "stop" })));
      idle.push(...started);
    },
    take(onEvent) {
      const pooled = idle.pop() ?? start();
      pooled.onEvent = onEvent;
      return {
        command: (command) => pooled.child.command(command),
        request: (command) => request(pooled, command),
        release: () => release(pooled),
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map(discard));
    },
  };
}

function handle(pooled: PooledProcess, event: PeerEvent): void {
  const { id, error } = event as { readonly id?: unknown; readonly error?: unknown };
  const done = typeof id === "number" ? pooled.waiting.get(id) : undefined;
  if (done === undefined) return pooled.onEvent(event);
  pooled.waiting.delete(id as number);
  if (event.event === "failed") done.reject(new CommandRefusedError(String(error)));
  else done.resolve();
}

function withinMs(promise: Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
