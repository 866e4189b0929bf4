import { OpAMPError } from "@opamp/protocol";
import { createMemorySession, type MemorySession } from "./memory-session.ts";
import type { ConnectOptions, Session, Transport } from "./transport.ts";

export interface MemoryTransportOptions {
  /** Behaves as HTTP does: the server can only answer, and a `send` waits for its answer. @default false */
  readonly pollsForMessages?: boolean;
  /** Called with each message of the client; a server of few words answers from here. */
  readonly onMessage?: (message: Uint8Array, session: MemorySession) => void;
  /** The largest message the client receives, in bytes. @default no limit */
  readonly maxReceiveBytes?: number;
}

/** A transport that reaches no network, and the server at its other end. */
export interface MemoryTransportPair {
  readonly transport: Transport;
  readonly server: MemoryServer;
}

/** The server's end of an in-memory transport: a script in the hands of a test. */
export interface MemoryServer {
  /** Every session so far, oldest first. */
  readonly sessions: readonly MemorySession[];
  /** How many times the client tried to connect. */
  readonly attempts: number;
  /** Refuses the next connects, one with each error. */
  refuseNext(...errors: OpAMPError[]): void;
  /** Leaves connects without an answer until `resume`. */
  stall(): void;
  /** Answers the connects that have waited since `stall`. */
  resume(): void;
}

/**
 * A linked pair of a transport and its server, in memory and without timers, for tests.
 *
 * @example
 * const { transport, server } = createMemoryTransportPair();
 * const client = createOpAMPClient({ ...settings, transport });
 * await client.start();
 * server.sessions[0]?.send(encodeServerToAgent({ instanceUid }));
 */
export function createMemoryTransportPair(
  options: MemoryTransportOptions = {},
): MemoryTransportPair {
  const server = new ScriptedServer(options);
  const transport: Transport = {
    name: "memory",
    pollsForMessages: options.pollsForMessages ?? false,
    connect: (connect) => server.connect(connect),
  };
  return { transport, server };
}

class ScriptedServer implements MemoryServer {
  readonly sessions: MemorySession[] = [];
  attempts = 0;

  readonly #options: MemoryTransportOptions;
  readonly #refusals: OpAMPError[] = [];
  #gate: PromiseWithResolvers<void> | undefined;

  constructor(options: MemoryTransportOptions) {
    this.#options = options;
  }

  async connect(connect: ConnectOptions): Promise<Session> {
    this.attempts += 1;
    const refusal = this.#refusals.shift();
    await untilAborted(this.#gate?.promise, connect.signal);
    if (refusal !== undefined) throw refusal;
    const { client, server } = createMemorySession({
      connect,
      pollsForMessages: this.#options.pollsForMessages ?? false,
      maxReceiveBytes: this.#options.maxReceiveBytes ?? Number.POSITIVE_INFINITY,
      onMessage: (message, session) => this.#options.onMessage?.(message, session),
    });
    this.sessions.push(server);
    return client;
  }

  refuseNext(...errors: OpAMPError[]): void {
    this.#refusals.push(...errors);
  }

  stall(): void {
    this.#gate ??= Promise.withResolvers();
  }

  resume(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }
}

/** Waits for the gate; rejects with `aborted` as soon as the signal fires. */
async function untilAborted(gate: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = () =>
    aborted.reject(new OpAMPError("aborted", "connecting was aborted", { cause: signal.reason }));
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([aborted.promise, gate]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
