import { CloseCode, type InstanceUid, OpAMPError, type ServerToAgentInit } from "@opamp/protocol";
import { AgentRoster } from "../agent-roster.ts";
import type { ConnectionCallbacks } from "../callbacks.ts";
import { ABNORMAL_CLOSE, assertCloseFrame } from "../close-code.ts";
import type { ConnectRequest } from "../connect-request.ts";
import type { CloseReason, Connection } from "../connection.ts";
import { nextConnectionId } from "../connection-id.ts";
import type { WebSocketGauges } from "../observe/server-observer.ts";
import type { CloseCause } from "../observe/server-stats.ts";
import type { Ending } from "../observe/transport-observer.ts";
import type { Timed, WebSocketHub } from "./hub.ts";
import { Inbox, type InboxOwner } from "./inbox.ts";
import { MessageHandler } from "./message-handler.ts";
import { MessageSender } from "./message-sender.ts";
import type { Socket, SocketListener } from "./socket.ts";

/** What the application is told about, in order. Bytes are a frame. */
type Arrival =
  | Uint8Array
  | { readonly kind: "opened" }
  | { readonly kind: "unreadable"; readonly error: OpAMPError }
  | { readonly kind: "text" }
  | ({ readonly kind: "closed"; readonly code: number } & Partial<Ending>);

type State =
  | { readonly name: "open" }
  /** Answers what has arrived, takes nothing more. */
  | { readonly name: "finishing" }
  /** The close frame is out. */
  | { readonly name: "closing"; readonly ending: Ending }
  | { readonly name: "closed" };

export interface WebSocketConnectionParts {
  readonly hub: WebSocketHub<WebSocketConnection>;
  readonly socket: Socket;
  readonly request: ConnectRequest;
  readonly callbacks: ConnectionCallbacks;
}

const open: State = { name: "open" };

/** What waits, summed up over connections. */
export type Backlog = { -readonly [K in keyof Omit<WebSocketGauges, "handshakes">]: number };

/** One open WebSocket: reads, asks the application, answers, closes. */
export class WebSocketConnection implements Connection, SocketListener, InboxOwner<Arrival>, Timed {
  readonly id: number = nextConnectionId();
  readonly transport = "websocket";
  readonly request: ConnectRequest;
  readonly #hub: WebSocketHub<WebSocketConnection>;
  readonly #socket: Socket;
  readonly #callbacks: ConnectionCallbacks;
  readonly #messages: MessageHandler;
  readonly #roster = new AgentRoster();
  readonly #inbox = new Inbox<Arrival>(this);
  readonly #sender: MessageSender;
  #state: State = open;
  #paused = false;
  #onClosed: (() => void)[] | undefined;

  constructor({ hub, socket, request, callbacks }: WebSocketConnectionParts) {
    this.request = request;
    this.#hub = hub;
    this.#socket = socket;
    this.#callbacks = callbacks;
    const roster = this.#roster;
    this.#sender = new MessageSender(this, { hub, socket, roster });
    this.#messages = new MessageHandler(this, { hub, callbacks, roster, sender: this.#sender });
    hub.connections.add(this);
    hub.pings.start(this);
    hub.observer.begun();
    hub.observer.opened(this);
  }

  get instanceUids(): readonly InstanceUid[] {
    return this.#roster.instanceUids;
  }

  /** Adds what waits here to the sums. */
  addTo(sums: Backlog): void {
    sums.agents += this.#roster.size;
    sums.messagesPending += this.#inbox.length;
    sums.messagesQueued += this.#sender.queuedMessages;
    sums.bytesQueued += this.#sender.queuedBytes;
  }

  async send(message: ServerToAgentInit): Promise<void> {
    try {
      if (this.#state.name === "closing" || this.#state.name === "closed") throw connectionEnded();
      await this.#sender.push(message);
    } catch (thrown) {
      const error = OpAMPError.from(thrown, "connection-lost", "the message was not sent");
      this.#hub.observer.unsent(this, error);
      throw error;
    }
  }

  async disconnect(code: number = CloseCode.Normal, reason = ""): Promise<void> {
    assertCloseFrame(code, reason);
    this.close("application", code, reason);
    await this.#untilClosed();
  }

  async ping(options: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    if (this.#state.name === "closing" || this.#state.name === "closed") return false;
    // A pong cannot be read while reading pauses; what paused it was a sign of life.
    if (this.#paused) return true;
    this.#socket.ping();
    const { timeouts } = this.#hub.settings;
    return this.#hub.pongWaiters.wait(this, options.timeoutMs ?? timeouts.pongMs);
  }

  /** Answers what has arrived, then closes. Resolves when closed and the application was told so. */
  async finish(code: number, reason: string): Promise<void> {
    if (this.#state.name === "open") this.#state = { name: "finishing" };
    await this.#inbox.idle();
    await this.#sender.flushed();
    this.close("shutdown", code, reason);
    await this.#untilClosed();
    await this.#inbox.idle();
  }

  /** Sends a close frame and cuts without waiting for its answer. Resolves when closed. */
  async cut(cause: CloseCause, code: number, reason: string): Promise<void> {
    this.close(cause, code, reason);
    this.#socket.terminate();
    await this.#untilClosed();
  }

  opened(): void {
    this.#inbox.push({ kind: "opened" });
  }

  received(data: Uint8Array, isBinary: boolean): void {
    if (this.#state.name !== "open") return;
    this.#inbox.push(isBinary ? data : { kind: "text" });
    if (this.#paused || this.#inbox.length < this.#hub.settings.limits.maxPendingMessages) return;
    this.#paused = true;
    this.#socket.pause();
  }

  ponged(): void {
    this.#hub.pongs.stop(this);
    this.#hub.pongWaiters.settle(this, true);
  }

  violated(code: number, cause: Error): void {
    const error = violationError(code, cause);
    const reason: CloseReason = { by: "server", code };
    this.#startClosing({ reason, cause: "violation" }, connectionEnded());
    this.#inbox.push({ kind: "unreadable", error });
  }

  closed(code: number): void {
    if (this.#state.name === "closed") return;
    const cut = this.#hub.unresponsive.delete(this) ? ({ cause: "ping-timeout" } as const) : {};
    const ending = this.#state.name === "closing" ? this.#state.ending : cut;
    this.#state = { name: "closed" };
    this.#hub.observer.ended();
    this.#hub.connections.delete(this);
    this.#hub.pings.stop(this);
    this.#hub.pongs.stop(this);
    this.#hub.pongWaiters.settle(this, false);
    this.#sender.close(connectionEnded());
    this.#inbox.push({ kind: "closed", code, ...ending });
    for (const resolve of this.#onClosed ?? []) resolve();
  }

  pingDue(): void {
    if (this.#state.name !== "open") return;
    this.#hub.pings.start(this);
    // A pong cannot be read while reading pauses.
    if (this.#paused || this.#hub.pongs.has(this)) return;
    this.#socket.ping();
    this.#hub.pongs.start(this);
  }

  pongMissed(): void {
    if (this.#paused) return;
    this.#hub.logger.info(`connection ${this.id} is cut: the agent does not answer pings`);
    this.#hub.unresponsive.add(this);
    this.#socket.terminate();
  }

  writeStalled(): void {
    const { writeMs } = this.#hub.settings.timeouts;
    const error = new OpAMPError(
      "queue-full",
      `the agent reads too slowly: a message was not written within ${writeMs} ms`,
    );
    this.#hub.logger.warn(`connection ${this.id} is closed: ${error.message}`);
    const reason: CloseReason = { by: "server", code: CloseCode.TryAgainLater };
    this.#startClosing({ reason, cause: "slow-reader" }, error);
    this.#socket.close(CloseCode.TryAgainLater, "the agent reads too slowly");
  }

  take(arrival: Arrival): Promise<void> | undefined {
    return arrival instanceof Uint8Array ? this.#messages.take(arrival) : this.#takeEvent(arrival);
  }

  async #takeEvent(arrival: Exclude<Arrival, Uint8Array>): Promise<void> {
    const { guard } = this.#hub;
    switch (arrival.kind) {
      case "opened":
        return guard.notify("onConnected", this, () => this.#callbacks.onConnected?.(this));
      case "text":
        await this.#messages.refuse(
          new OpAMPError("malformed-message", "messages are binary, not text"),
        );
        return this.close("violation", CloseCode.UnsupportedData, "messages are binary");
      case "unreadable":
        return this.#messages.reportUnreadable(arrival.error);
      case "closed":
        return this.#reportClosed(arrival.reason ?? this.#reasonOf(arrival.code), arrival.cause);
    }
  }

  taken(): void {
    if (!this.#paused || this.#inbox.length > 0) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Begins to close it, unless it closes already. */
  close(cause: CloseCause, code: number, reason: string): void {
    if (this.#state.name !== "open" && this.#state.name !== "finishing") return;
    this.#startClosing({ reason: { by: "server", code }, cause }, connectionEnded());
    this.#socket.close(code, reason);
  }

  #startClosing(ending: Ending, error: OpAMPError): void {
    if (this.#state.name === "closed") return;
    this.#state = { name: "closing", ending };
    this.#sender.close(error);
    this.#hub.pongs.stop(this);
    // The agent's close frame is behind what it sent before.
    if (this.#paused) this.#socket.resume();
    this.#paused = false;
  }

  async #reportClosed(reason: CloseReason, cause = causeOf(reason)): Promise<void> {
    this.#hub.observer.closed(this, { reason, cause });
    await this.#hub.guard.notify("onConnectionClosed", this, () =>
      this.#callbacks.onConnectionClosed?.(this, reason),
    );
  }

  /** Why the agent's side ended; known when all that the agent said before has been taken. */
  #reasonOf(code: number): CloseReason {
    const agentDisconnect = this.#roster.isLeft;
    if (agentDisconnect || code !== ABNORMAL_CLOSE) return { by: "agent", code, agentDisconnect };
    return { by: "network", code };
  }

  async #untilClosed(): Promise<void> {
    if (this.#state.name === "closed") return;
    this.#onClosed ??= [];
    const waiting = this.#onClosed;
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
}

/** What ended a connection that this server did not end. */
function causeOf(reason: CloseReason): CloseCause {
  if (reason.by === "network") return "network";
  return reason.by === "agent" && reason.agentDisconnect ? "agent-disconnect" : "agent-close";
}

function violationError(code: number, cause: Error): OpAMPError {
  const kind = code === CloseCode.MessageTooBig ? "message-too-large" : "malformed-message";
  return new OpAMPError(kind, `the connection is closed with ${code}: ${cause.message}`, { cause });
}

function connectionEnded(): OpAMPError {
  return new OpAMPError("connection-lost", "the connection has ended");
}
