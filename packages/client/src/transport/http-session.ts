import type { Agent } from "node:http";
import { OpAMPError } from "@opamp/protocol";
import { AttemptScope } from "./attempt-scope.ts";
import type { Dialer } from "./dialer.ts";
import { exchange } from "./http-exchange.ts";
import type { HttpSockets, SocketLease } from "./http-sockets.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { Hop } from "./redirect.ts";
import type { ConnectOptions, Session } from "./transport.ts";

export interface HttpSessionOptions {
  readonly options: NetworkOptions;
  readonly dialer: Dialer;
  readonly connect: ConnectOptions;
  readonly sockets: HttpSockets;
}

/** A session of independent exchanges, one at a time (C-15). */
export function createHttpSession(options: HttpSessionOptions): Session {
  return new HttpSession(options);
}

type State =
  | { readonly name: "open"; readonly exchange: AttemptScope | undefined }
  | { readonly name: "closing"; readonly exchange: AttemptScope }
  | { readonly name: "closed"; readonly error: OpAMPError | undefined };

class HttpSession implements Session {
  readonly #options: NetworkOptions;
  readonly #dialer: Dialer;
  readonly #connect: ConnectOptions;
  /** Keeps the connection to the configured server between exchanges. */
  readonly #sockets: SocketLease;
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers();
  #state: State = { name: "open", exchange: undefined };

  constructor({ options, dialer, connect, sockets }: HttpSessionOptions) {
    this.#options = options;
    this.#dialer = dialer;
    this.#connect = connect;
    this.#sockets = sockets.lease();
  }

  async send(message: Uint8Array): Promise<void> {
    if (this.#state.name !== "open") throw endError(this.#state);
    using scope = new AttemptScope(this.#options.clock);
    this.#state = { name: "open", exchange: scope };
    try {
      this.#connect.onMessage(await this.#exchange(message, scope));
      this.#afterExchange(undefined);
    } catch (thrown) {
      const error = OpAMPError.from(thrown, "malformed-message", "a message was not taken");
      this.#afterExchange(error);
      throw error;
    }
  }

  /** What was sent has been answered. */
  async received(): Promise<void> {}

  close(_code?: number, signal?: AbortSignal): Promise<void> {
    const { exchange: running } = this.#state.name === "closed" ? {} : this.#state;
    if (running !== undefined) this.#state = { name: "closing", exchange: running };
    else this.#end(undefined);
    const cut = (): void => running?.abort(new OpAMPError("aborted", "the session was closed"));
    if (signal?.aborted) cut();
    else signal?.addEventListener("abort", cut, { once: true });
    return this.#closed.promise.finally(() => signal?.removeEventListener("abort", cut));
  }

  #exchange(message: Uint8Array, scope: AttemptScope): Promise<Uint8Array> {
    const { signal } = scope;
    const agentFor = (hop: Hop): Agent =>
      hop.hops === 0
        ? this.#sockets.agent
        : this.#dialer.agentFor(hop, { keepAlive: false, signal });
    const instanceUid = this.#connect.instanceUid();
    return exchange({ options: this.#options, agentFor, message, instanceUid, scope });
  }

  /** A message that is too large says nothing about the session; every other failure ends it. */
  #afterExchange(error: OpAMPError | undefined): void {
    if (this.#state.name === "closing") this.#end(undefined);
    else if (error === undefined || error.status === 413) {
      this.#state = { name: "open", exchange: undefined };
    } else this.#end(error);
  }

  #end(error: OpAMPError | undefined): void {
    if (this.#state.name === "closed") return;
    this.#state = { name: "closed", error };
    this.#sockets.release(error);
    // After the rejection of `send` has been heard.
    setImmediate(() => {
      this.#connect.onClose(error);
      this.#closed.resolve();
    });
  }
}

function endError(state: State): OpAMPError {
  const error = state.name === "closed" ? state.error : undefined;
  return error ?? new OpAMPError("invalid-state", "the session is closed");
}
