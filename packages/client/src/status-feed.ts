import { serverCapabilitiesFromBits, serverToAgentFlagsFromBits } from "@opamp/protocol";
import type { ServerKnowledge } from "./server-knowledge.ts";
import type { ClientStatus, ConnectionState } from "./status.ts";

/** How many changes wait for a slow reader; the oldest go first. */
const MAX_WAITING = 256;

export interface StatusFeedOptions {
  readonly server: ServerKnowledge;
  readonly onChange: (status: ClientStatus) => void;
}

/** The current status, and its changes for any number of readers. */
export class StatusFeed {
  readonly #options: StatusFeedOptions;
  readonly #readers = new Set<Reader>();
  #connection: ConnectionState = { state: "idle" };
  #status: ClientStatus = { state: "idle", serverCapabilities: undefined, serverFlags: [] };

  constructor(options: StatusFeedOptions) {
    this.#options = options;
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** The connection has changed, or, without an argument, what the server said of itself. */
  publish(connection: ConnectionState = this.#connection): void {
    const { capabilityBits, flagBits } = this.#options.server;
    this.#connection = connection;
    this.#status = {
      ...connection,
      serverCapabilities:
        capabilityBits === undefined ? undefined : serverCapabilitiesFromBits(capabilityBits),
      serverFlags: serverToAgentFlagsFromBits(flagBits),
    };
    for (const reader of this.#readers) reader.push(this.#status);
    if (connection.state === "stopped") for (const reader of this.#readers) reader.end();
    // Last, for whoever hears of it may stop the client, which publishes again.
    this.#options.onChange(this.#status);
  }

  /** The status now, then each change, until the signal fires or the client has stopped. */
  read(signal?: AbortSignal): AsyncIterableIterator<ClientStatus> {
    const reader = new Reader(() => {
      this.#readers.delete(reader);
      signal?.removeEventListener("abort", end);
    });
    const end = (): void => reader.cancel();
    this.#readers.add(reader);
    reader.push(this.#status);
    if (this.#status.state === "stopped") reader.end();
    if (signal?.aborted === true) reader.cancel();
    else signal?.addEventListener("abort", end, { once: true });
    return reader;
  }
}

/** One reader's place in the feed. */
class Reader implements AsyncIterableIterator<ClientStatus> {
  readonly #waiting: ClientStatus[] = [];
  readonly #pulls: ((result: IteratorResult<ClientStatus>) => void)[] = [];
  readonly #onEnd: () => void;
  #ended = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(status: ClientStatus): void {
    if (this.#ended) return;
    const pull = this.#pulls.shift();
    if (pull !== undefined) pull({ done: false, value: status });
    else this.#waiting.push(status);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  /** Nothing more comes; what waits can still be read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    for (const pull of this.#pulls.splice(0)) pull({ done: true, value: undefined });
  }

  /** Ends, and forgets what waits. */
  cancel(): void {
    this.#waiting.length = 0;
    this.end();
  }

  next(): Promise<IteratorResult<ClientStatus>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#pulls.push(resolve));
  }

  return(): Promise<IteratorResult<ClientStatus>> {
    this.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
