import { CloseCode, decodeFrame, encodeFrame, OpAMPError, type Timer } from "@opamp/protocol";
import type { RawData, WebSocket } from "ws";
import { oneLine } from "../one-line.ts";
import { errorFromNetwork } from "./network-error.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { ConnectOptions, Session } from "./transport.ts";
import { WebSocketPinger } from "./websocket-pinger.ts";
import { WebSocketReceipts } from "./websocket-receipts.ts";

export interface WebSocketSessionOptions {
  readonly options: NetworkOptions;
  readonly connect: ConnectOptions;
}

/** Makes a session of an open, paused socket, and lets it run. */
export function createWebSocketSession(
  socket: WebSocket,
  options: WebSocketSessionOptions,
): Session {
  return new WebSocketSession(socket, options);
}

type State =
  | { readonly name: "open" }
  | { readonly name: "closing"; readonly error: OpAMPError | undefined; readonly deadline: Timer }
  | { readonly name: "closed"; readonly error: OpAMPError | undefined };

class WebSocketSession implements Session {
  readonly #socket: WebSocket;
  readonly #options: NetworkOptions;
  readonly #connect: ConnectOptions;
  readonly #pinger: WebSocketPinger;
  readonly #receipts: WebSocketReceipts;
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #sending = new Set<(error: OpAMPError) => void>();
  #state: State = { name: "open" };

  constructor(socket: WebSocket, { options, connect }: WebSocketSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#connect = connect;
    this.#pinger = new WebSocketPinger({
      socket,
      clock: options.clock,
      intervalMs: options.timeouts.pingIntervalMs,
      pongMs: options.timeouts.pongMs,
      onSilence: () => this.#cut(`no answer to a ping within ${options.timeouts.pongMs} ms`),
    });
    this.#receipts = new WebSocketReceipts(socket);
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("error", (thrown) => this.#onSocketError(thrown));
    socket.once("close", (code, reason) => this.#onSocketClose(code, reason));
    // Only now, when `connect` has resolved, may anything be heard of the session.
    setImmediate(() => socket.resume());
  }

  send(message: Uint8Array): Promise<void> {
    if (this.#state.name !== "open") return Promise.reject(endError(this.#state.error));
    const { clock, timeouts } = this.#options;
    const deadline = clock.setTimer(
      () => this.#cut(`a message was not written within ${timeouts.writeMs} ms`),
      timeouts.writeMs,
    );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#sending.add(reject);
    this.#socket.send(encodeFrame(message), { binary: true }, (thrown) => {
      if (thrown) reject(this.#writeError(thrown));
      else resolve();
    });
    return promise.finally(() => {
      this.#sending.delete(reject);
      deadline.cancel();
    });
  }

  received(): Promise<void> {
    if (this.#state.name !== "open") return Promise.reject(endError(this.#state.error));
    return this.#receipts.request();
  }

  close(code: number = CloseCode.Normal, signal?: AbortSignal): Promise<void> {
    if (this.#state.name === "open") {
      this.#beginClosing(undefined);
      this.#socket.close(code);
    }
    const cut = (): void => this.#socket.terminate();
    if (signal?.aborted) cut();
    else signal?.addEventListener("abort", cut, { once: true });
    return this.#closed.promise.finally(() => signal?.removeEventListener("abort", cut));
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#pinger.heard();
    if (this.#state.name === "closed" || endedBadly(this.#state)) return;
    try {
      if (!isBinary) throw new OpAMPError("malformed-message", "the server sent a text message");
      this.#connect.onMessage(decodeFrame(bytesOf(data)));
    } catch (thrown) {
      const error = OpAMPError.from(thrown, "malformed-message", "a message was not taken");
      this.#fail(error, isBinary ? CloseCode.ProtocolError : CloseCode.UnsupportedData);
    }
  }

  /** Closes in order, because the peer broke a rule. */
  #fail(error: OpAMPError, code: number): void {
    if (this.#state.name !== "open") return;
    this.#beginClosing(error);
    this.#socket.close(code, error.code);
  }

  /** Closes at once, because the peer does not react. */
  #cut(problem: string): void {
    if (this.#state.name === "open") this.#beginClosing(new OpAMPError("timeout", problem));
    this.#socket.terminate();
  }

  #beginClosing(error: OpAMPError | undefined): void {
    this.#pinger.stop();
    const { clock, timeouts } = this.#options;
    const deadline = clock.setTimer(() => this.#socket.terminate(), timeouts.closeMs);
    this.#state = { name: "closing", error, deadline };
  }

  /** ws has begun to close by itself, with the code that fits. */
  #onSocketError(thrown: Error): void {
    if (this.#state.name !== "open") return;
    this.#beginClosing(errorFromNetwork(thrown, "connection-lost", "the connection failed"));
  }

  #onSocketClose(code: number, reason: Buffer): void {
    const error = this.#state.name === "open" ? lostError(code, reason) : this.#state.error;
    if (this.#state.name === "closing") this.#state.deadline.cancel();
    this.#pinger.stop();
    this.#state = { name: "closed", error };
    const unsent = error ?? new OpAMPError("aborted", "the session was closed");
    this.#receipts.end(error === undefined && code !== NO_CLOSE_FRAME, endError(error));
    for (const reject of this.#sending) reject(unsent);
    setImmediate(() => {
      this.#connect.onClose(error);
      this.#closed.resolve();
    });
  }

  #writeError(thrown: Error): OpAMPError {
    const known = this.#state.name === "open" ? undefined : this.#state.error;
    return known ?? OpAMPError.from(thrown, "connection-lost", "a message was not written");
  }
}

function endedBadly(state: State): boolean {
  return state.name === "closing" && state.error !== undefined;
}

function endError(error: OpAMPError | undefined): OpAMPError {
  return error ?? new OpAMPError("invalid-state", "the session is closed");
}

/** ws reports a connection that ended without a close frame with this code (RFC 6455, 7.1.5). */
const NO_CLOSE_FRAME = 1006;

function lostError(code: number, reason: Buffer): OpAMPError {
  if (code === NO_CLOSE_FRAME) {
    return new OpAMPError("connection-lost", "the connection ended without a close frame");
  }
  const text = oneLine(reason.toString("utf8"));
  const message = `the server closed the session with code ${code}${text === "" ? "" : `: ${text}`}`;
  return new OpAMPError("connection-lost", message);
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
