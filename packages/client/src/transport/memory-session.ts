import { OpAMPError } from "@opamp/protocol";
import type { ConnectOptions, Session } from "./transport.ts";

/** The server's end of one in-memory session. */
export interface MemorySession {
  /** What the client sent, oldest first. */
  readonly messages: readonly Uint8Array[];
  /** The instance uid that the client named with each message, as the HTTP header does. */
  readonly instanceUids: readonly string[];
  /** How it ended: undefined while open; by the client with a close code, or by this end. */
  readonly ended: MemorySessionEnd | undefined;
  /**
   * Sends one encoded message. With `pollsForMessages` it is the answer to the client's message,
   * and throws `invalid-state` when none waits for one.
   */
  send(message: Uint8Array): void;
  /** Ends the session for the client, with this error. @default `connection-lost` */
  close(error?: OpAMPError): void;
  /** Takes nothing more: the client's `send` and `close` wait, as with a peer that went silent. */
  stall(): void;
  /** Takes what has waited since `stall`. */
  resume(): void;
  /** Tells the client no more that its messages arrived, until `confirm`. */
  withholdReceipts(): void;
  /** Tells what was withheld. */
  confirm(): void;
  /** Fails the client's next `send`. The session ends with the error too, unless its status is 413. */
  failNextSend(error: OpAMPError): void;
}

export type MemorySessionEnd =
  | { readonly by: "client"; readonly code: number | undefined }
  | { readonly by: "server"; readonly error: OpAMPError };

export interface MemorySessionOptions {
  readonly connect: ConnectOptions;
  readonly pollsForMessages: boolean;
  readonly maxReceiveBytes: number;
  readonly onMessage: (message: Uint8Array, session: MemorySession) => void;
}

/** Both ends of one in-memory session. */
export interface MemorySessionPair {
  readonly client: Session;
  readonly server: MemorySession;
}

export function createMemorySession(options: MemorySessionOptions): MemorySessionPair {
  const link = new MemoryLink(options);
  return {
    server: link,
    client: {
      send: (message) => link.receive(message),
      received: () => link.received(),
      close: (code, signal) => link.closeByClient(code, signal),
    },
  };
}

interface Exchange {
  readonly message: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: OpAMPError) => void;
}

class MemoryLink implements MemorySession {
  readonly messages: Uint8Array[] = [];
  readonly instanceUids: string[] = [];
  ended: MemorySessionEnd | undefined;

  readonly #options: MemorySessionOptions;
  /** Sends that the server has not taken, or has taken and not answered when the client polls. */
  readonly #waiting: Exchange[] = [];
  readonly #answering: Exchange[] = [];
  #isStalled = false;
  /** Pending while receipts are withheld. */
  #receipts: PromiseWithResolvers<void> | undefined;
  #failure: OpAMPError | undefined;
  #closing: { readonly code: number | undefined } | undefined;
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Everything for the client goes through here in order, and not before `connect` has resolved. */
  #toClient: Promise<void> = new Promise((resolve) => setImmediate(resolve));

  constructor(options: MemorySessionOptions) {
    this.#options = options;
  }

  receive(message: Uint8Array): Promise<void> {
    if (this.ended !== undefined || this.#closing !== undefined) {
      return Promise.reject(endedError(this.ended));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ message: message.slice(), resolve, reject });
    this.#takeWaiting();
    return promise;
  }

  async received(): Promise<void> {
    await this.#receipts?.promise;
  }

  closeByClient(code: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    this.#closing ??= { code };
    const cut = () => this.#end({ by: "client", code });
    if (signal?.aborted) cut();
    else signal?.addEventListener("abort", cut, { once: true });
    this.#closeWhenIdle();
    return this.#closed.promise;
  }

  send(message: Uint8Array): void {
    if (this.ended !== undefined) throw endedError(this.ended);
    const exchange = this.#answering.shift();
    if (this.#options.pollsForMessages && exchange === undefined) {
      throw new OpAMPError("invalid-state", "no message of the client waits for an answer");
    }
    if (message.length > this.#options.maxReceiveBytes) {
      if (exchange !== undefined) this.#answering.unshift(exchange);
      this.close(new OpAMPError("message-too-large", "the message exceeds the receive limit"));
      return;
    }
    const copy = message.slice();
    this.#deliver(() => {
      try {
        this.#options.connect.onMessage(copy);
      } catch (thrown) {
        const error = OpAMPError.from(thrown, "malformed-message", "a message was not taken");
        exchange?.reject(error);
        this.close(error);
      }
      exchange?.resolve();
      this.#closeWhenIdle();
    });
  }

  close(
    error: OpAMPError = new OpAMPError("connection-lost", "the server closed the session"),
  ): void {
    this.#end({ by: "server", error });
  }

  stall(): void {
    this.#isStalled = true;
  }

  resume(): void {
    this.#isStalled = false;
    this.#takeWaiting();
  }

  withholdReceipts(): void {
    this.#receipts ??= Promise.withResolvers();
    // Nobody may be waiting for it.
    this.#receipts.promise.catch(() => undefined);
  }

  confirm(): void {
    this.#receipts?.resolve();
    this.#receipts = undefined;
  }

  failNextSend(error: OpAMPError): void {
    this.#failure = error;
  }

  #takeWaiting(): void {
    while (!this.#isStalled && this.ended === undefined) {
      const exchange = this.#waiting.shift();
      if (exchange === undefined) break;
      this.#take(exchange);
    }
    this.#closeWhenIdle();
  }

  #take(exchange: Exchange): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) {
      exchange.reject(failure);
      if (failure.status !== 413) this.close(failure);
      return;
    }
    this.messages.push(exchange.message);
    this.instanceUids.push(this.#options.connect.instanceUid());
    if (this.#options.pollsForMessages) this.#answering.push(exchange);
    else exchange.resolve();
    this.#options.onMessage(exchange.message, this);
  }

  #closeWhenIdle(): void {
    if (this.#closing === undefined || this.#isStalled) return;
    if (this.#waiting.length + this.#answering.length > 0) return;
    this.#end({ by: "client", code: this.#closing.code });
  }

  #end(end: MemorySessionEnd): void {
    if (this.ended !== undefined) return;
    this.ended = end;
    if (end.by === "client") this.#receipts?.resolve();
    else this.#receipts?.reject(end.error);
    this.#deliver(() => {
      for (const { reject } of [...this.#waiting.splice(0), ...this.#answering.splice(0)]) {
        reject(
          end.by === "server" ? end.error : new OpAMPError("aborted", "the session was closed"),
        );
      }
      this.#options.connect.onClose(end.by === "server" ? end.error : undefined);
      this.#closed.resolve();
    });
  }

  #deliver(event: () => void): void {
    this.#toClient = this.#toClient.then(event);
  }
}

function endedError(end: MemorySessionEnd | undefined): OpAMPError {
  if (end?.by === "server") return end.error;
  return new OpAMPError("invalid-state", "the session is closed");
}
