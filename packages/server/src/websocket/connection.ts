import {
  type AgentToServer,
  bytesFromInstanceUid,
  CloseCode,
  decodeFrame,
  type InstanceUid,
  OpAMPError,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { type AgentLink, AgentRoster } from "../agent-roster.ts";
import { errorAnswer, processingFailed } from "../answer.ts";
import type { ConnectionCallbacks } from "../callbacks.ts";
import { ABNORMAL_CLOSE, assertCloseFrame } from "../close-code.ts";
import type { ConnectRequest } from "../connect-request.ts";
import type { CloseReason, Connection } from "../connection.ts";
import { nextConnectionId } from "../connection-id.ts";
import { publishClosed, publishOpened, publishReceived } from "../diagnostics.ts";
import { askForAnswer, notify } from "../invoke-callback.ts";
import { badRequest, malformed, readMessage } from "../read-message.ts";
import type { Timed, WebSocketHub } from "./hub.ts";
import { Inbox, type InboxOwner } from "./inbox.ts";
import { MessageSender } from "./message-sender.ts";
import type { Socket, SocketListener } from "./socket.ts";

/** What the application is told about, in order. Bytes are a frame. */
type Arrival =
  | Uint8Array
  | { readonly kind: "opened" }
  | { readonly kind: "unreadable"; readonly error: OpAMPError }
  | { readonly kind: "text" }
  | { readonly kind: "closed"; readonly reason: CloseReason };

type State =
  | { readonly name: "open" }
  /** Answers what has arrived, takes nothing more. */
  | { readonly name: "finishing" }
  /** The close frame is out. */
  | { readonly name: "closing"; readonly reason: CloseReason }
  | { readonly name: "closed" };

export interface WebSocketConnectionParts {
  readonly hub: WebSocketHub<WebSocketConnection>;
  readonly socket: Socket;
  readonly request: ConnectRequest;
  readonly callbacks: ConnectionCallbacks;
}

const open: State = { name: "open" };

/** One open WebSocket: reads, asks the application, answers, closes. */
export class WebSocketConnection implements Connection, SocketListener, InboxOwner<Arrival>, Timed {
  readonly id: number = nextConnectionId();
  readonly transport = "websocket";
  readonly request: ConnectRequest;
  readonly #hub: WebSocketHub<WebSocketConnection>;
  readonly #socket: Socket;
  readonly #callbacks: ConnectionCallbacks;
  readonly #roster = new AgentRoster();
  readonly #inbox = new Inbox<Arrival>(this);
  readonly #sender: MessageSender;
  #state: State = open;
  #paused = false;
  #saidGoodbye = false;
  #onClosed: (() => void)[] = [];

  constructor({ hub, socket, request, callbacks }: WebSocketConnectionParts) {
    this.request = request;
    this.#hub = hub;
    this.#socket = socket;
    this.#callbacks = callbacks;
    this.#sender = new MessageSender(this, { hub, socket, roster: this.#roster });
    hub.connections.add(this);
    hub.pings.start(this);
    publishOpened(this);
    this.#inbox.push({ kind: "opened" });
  }

  get instanceUids(): readonly InstanceUid[] {
    return this.#roster.instanceUids;
  }

  async send(message: ServerToAgentInit): Promise<void> {
    await this.#sender.push(message);
  }

  async disconnect(code: number = CloseCode.Normal, reason = ""): Promise<void> {
    assertCloseFrame(code, reason);
    this.#close(code, reason);
    await this.#untilClosed();
  }

  /** Answers what has arrived, then closes. Resolves when closed. */
  async finish(code: number, reason: string): Promise<void> {
    if (this.#state.name === "open") this.#state = { name: "finishing" };
    await this.#inbox.idle();
    await this.#sender.flushed();
    this.#close(code, reason);
    await this.#untilClosed();
  }

  /** Sends a close frame and cuts without waiting for its answer. */
  cut(code: number, reason: string): void {
    this.#close(code, reason);
    this.#socket.terminate();
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
  }

  violated(code: number, cause: Error): void {
    const error = violationError(code, cause);
    this.#startClosing({ by: "server", code }, error);
    this.#inbox.push({ kind: "unreadable", error });
  }

  closed(code: number): void {
    if (this.#state.name === "closed") return;
    const reason = this.#reasonOf(code);
    this.#state = { name: "closed" };
    this.#hub.connections.delete(this);
    this.#hub.pings.stop(this);
    this.#hub.pongs.stop(this);
    this.#sender.close(connectionEnded());
    this.#inbox.push({ kind: "closed", reason });
    for (const resolve of this.#onClosed) resolve();
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
    this.#socket.terminate();
  }

  writeStalled(): void {
    const { writeMs } = this.#hub.settings.timeouts;
    const error = new OpAMPError(
      "queue-full",
      `the agent reads too slowly: a message was not written within ${writeMs} ms`,
    );
    this.#hub.logger.warn(`connection ${this.id} is closed: ${error.message}`);
    this.#startClosing({ by: "server", code: CloseCode.TryAgainLater }, error);
    this.#socket.close(CloseCode.TryAgainLater, "the agent reads too slowly");
  }

  async take(arrival: Arrival): Promise<void> {
    if (arrival instanceof Uint8Array) return this.#takeFrame(arrival);
    const { logger } = this.#hub;
    switch (arrival.kind) {
      case "opened":
        return notify(logger, "onConnected", () => this.#callbacks.onConnected?.(this));
      case "text":
        await this.#refuse(new OpAMPError("malformed-message", "messages are binary, not text"));
        return this.#close(CloseCode.UnsupportedData, "messages are binary");
      case "unreadable":
        return this.#reportUnreadable(arrival.error);
      case "closed":
        publishClosed(this, arrival.reason);
        return notify(logger, "onConnectionClosed", () =>
          this.#callbacks.onConnectionClosed?.(this, arrival.reason),
        );
    }
  }

  taken(): void {
    if (!this.#paused || this.#inbox.length > 0) return;
    this.#paused = false;
    this.#socket.resume();
  }

  async #takeFrame(frame: Uint8Array): Promise<void> {
    let read: ReturnType<typeof readMessage>;
    try {
      read = readMessage(decodeFrame(frame));
    } catch (thrown) {
      return this.#refuse(malformed(thrown, "the message cannot be read"));
    }
    publishReceived(this, read.instanceUid, frame.length - 1);
    const link = this.#roster.hear(
      read.instanceUid,
      this.#hub.settings.limits.maxAgentsPerConnection,
    );
    if (link === undefined) return this.#refuseAgent(read.instanceUid);
    await this.#answer(link, read.message);
  }

  async #answer(link: AgentLink, message: AgentToServer): Promise<void> {
    const application = { callbacks: this.#callbacks, logger: this.#hub.logger };
    const said = await askForAnswer(application, this, message);
    const goodbye = message.agentDisconnect !== undefined;
    if (goodbye) this.#forget(link);
    try {
      await this.#sender.answer(link, said);
    } catch (thrown) {
      const error = OpAMPError.from(thrown, "connection-lost", "the answer was not sent");
      // An agent that said goodbye need not wait for the answer (A-19, S-140).
      if (!goodbye || error.code !== "connection-lost") await this.#reportUnsent(link, said, error);
    }
  }

  #forget(link: AgentLink): void {
    this.#roster.forget(link);
    this.#saidGoodbye = true;
  }

  async #reportUnsent(link: AgentLink, said: ServerToAgentInit, error: OpAMPError): Promise<void> {
    this.#hub.logger.warn(`an answer on connection ${this.id} was not sent: ${error.message}`);
    await notify(this.#hub.logger, "onMessageResponseError", () =>
      this.#callbacks.onMessageResponseError?.(this, said, error),
    );
    const instead = error.code === "message-too-large" ? answerTooLarge : processingFailed;
    await this.#sendAnyway(this.#sender.answer(link, instead));
  }

  async #refuse(error: OpAMPError): Promise<void> {
    await this.#sendAnyway(this.#sender.write(badRequest(error), undefined));
    await this.#reportUnreadable(error);
  }

  async #refuseAgent(instanceUid: InstanceUid): Promise<void> {
    this.#hub.logger.warn(`too many agents share connection ${this.id}`);
    const answer = errorAnswer(
      ServerErrorResponseType.Unavailable,
      "too many agents share this connection",
      bytesFromInstanceUid(instanceUid),
    );
    await this.#sendAnyway(this.#sender.write(answer, instanceUid));
  }

  async #reportUnreadable(error: OpAMPError): Promise<void> {
    this.#hub.logger.warn(`connection ${this.id}: ${error.message}`);
    await notify(this.#hub.logger, "onReadMessageError", () =>
      this.#callbacks.onReadMessageError?.(this, error),
    );
  }

  async #sendAnyway(sending: Promise<void>): Promise<void> {
    try {
      await sending;
    } catch (thrown) {
      const { message } = OpAMPError.from(thrown, "connection-lost", "not sent");
      this.#hub.logger.debug(`an error answer on connection ${this.id} was not sent: ${message}`);
    }
  }

  #close(code: number, reason: string): void {
    if (this.#state.name !== "open" && this.#state.name !== "finishing") return;
    this.#startClosing({ by: "server", code }, connectionEnded());
    this.#socket.close(code, reason);
  }

  #startClosing(reason: CloseReason, error: OpAMPError): void {
    if (this.#state.name === "closed") return;
    this.#state = { name: "closing", reason };
    this.#sender.close(error);
    this.#hub.pongs.stop(this);
    // The agent's close frame is behind what it sent before.
    if (this.#paused) this.#socket.resume();
    this.#paused = false;
  }

  #reasonOf(code: number): CloseReason {
    if (this.#state.name === "closing") return this.#state.reason;
    const agentDisconnect = this.#saidGoodbye && this.#roster.size === 0;
    if (agentDisconnect || code !== ABNORMAL_CLOSE) return { by: "agent", code, agentDisconnect };
    return { by: "network", code };
  }

  async #untilClosed(): Promise<void> {
    if (this.#state.name === "closed") return;
    await new Promise<void>((resolve) => this.#onClosed.push(resolve));
  }
}

const answerTooLarge = errorAnswer(
  ServerErrorResponseType.Unknown,
  "the server's answer was too large to send",
);

function violationError(code: number, cause: Error): OpAMPError {
  const kind = code === CloseCode.MessageTooBig ? "message-too-large" : "malformed-message";
  return new OpAMPError(kind, `the connection is closed with ${code}: ${cause.message}`, { cause });
}

function connectionEnded(): OpAMPError {
  return new OpAMPError("connection-lost", "the connection has ended");
}
