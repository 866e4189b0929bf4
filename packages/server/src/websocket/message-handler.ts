import {
  type AgentToServer,
  bytesFromInstanceUid,
  decodeFrame,
  type InstanceUid,
  OpAMPError,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { AgentLink, AgentRoster } from "../agent-roster.ts";
import { errorAnswer, processingFailed } from "../answer.ts";
import type { ConnectionCallbacks } from "../callbacks.ts";
import { publishReceived } from "../diagnostics.ts";
import { askForAnswer, notify } from "../invoke-callback.ts";
import { badRequest, malformed, type ReadMessage, readMessage } from "../read-message.ts";
import type { WebSocketConnection } from "./connection.ts";
import type { WebSocketHub } from "./hub.ts";
import type { MessageSender } from "./message-sender.ts";

export interface MessageHandlerParts {
  readonly hub: WebSocketHub<WebSocketConnection>;
  readonly callbacks: ConnectionCallbacks;
  readonly roster: AgentRoster;
  readonly sender: MessageSender;
}

/** Takes the frames of one WebSocket, one at a time, and sees to it that each gets its answer (S-34). */
export class MessageHandler {
  readonly #connection: WebSocketConnection;
  readonly #parts: MessageHandlerParts;

  constructor(connection: WebSocketConnection, parts: MessageHandlerParts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  /** Answers one frame. Never rejects. */
  async take(frame: Uint8Array): Promise<void> {
    let read: ReadMessage;
    try {
      read = readMessage(decodeFrame(frame));
    } catch (thrown) {
      return this.refuse(malformed(thrown, "the message cannot be read"));
    }
    publishReceived(this.#connection, read.instanceUid, frame.length - 1);
    const { roster, hub } = this.#parts;
    const link = roster.hear(read.instanceUid, hub.settings.limits.maxAgentsPerConnection);
    if (link === undefined) return this.#refuseAgent(read.instanceUid);
    await this.#answer(link, read.message);
  }

  /** Answers what is no message with a BAD_REQUEST (S-121, S-122). */
  async refuse(error: OpAMPError): Promise<void> {
    await this.#tryToSend(this.#parts.sender.write(badRequest(error), undefined));
    await this.reportUnreadable(error);
  }

  async reportUnreadable(error: OpAMPError): Promise<void> {
    const { hub, callbacks } = this.#parts;
    hub.logger.debug(`connection ${this.#connection.id}: ${error.message}`);
    await notify(hub.logger, "onReadMessageError", () =>
      callbacks.onReadMessageError?.(this.#connection, error),
    );
  }

  async #answer(link: AgentLink, message: AgentToServer): Promise<void> {
    const { callbacks, hub, roster, sender } = this.#parts;
    const application = { callbacks, logger: hub.logger };
    const said = await askForAnswer(application, this.#connection, message);
    const goodbye = message.agentDisconnect !== undefined;
    if (goodbye) roster.forget(link);
    try {
      await sender.answer(link, message.instanceUid, said);
    } catch (thrown) {
      const error = OpAMPError.from(thrown, "connection-lost", "the answer was not sent");
      // An agent that said goodbye need not wait for the answer (A-19, S-140).
      if (goodbye && error.code === "connection-lost") return;
      await this.#reportUnsent(said, error);
      const instead = error.code === "message-too-large" ? answerTooLarge : processingFailed;
      await this.#tryToSend(sender.answer(link, message.instanceUid, instead));
    }
  }

  async #refuseAgent(instanceUid: InstanceUid): Promise<void> {
    this.#parts.hub.logger.debug(`too many agents share connection ${this.#connection.id}`);
    const uid = bytesFromInstanceUid(instanceUid);
    const { Unavailable } = ServerErrorResponseType;
    const answer = errorAnswer(Unavailable, "too many agents share this connection", uid);
    await this.#tryToSend(this.#parts.sender.write(answer, instanceUid));
  }

  async #reportUnsent(said: ServerToAgentInit, error: OpAMPError): Promise<void> {
    const { hub, callbacks } = this.#parts;
    const { id } = this.#connection;
    hub.logger.warn(`the answer on connection ${id} was not sent: ${error.message}`);
    await notify(hub.logger, "onMessageResponseError", () =>
      callbacks.onMessageResponseError?.(this.#connection, said, error),
    );
  }

  async #tryToSend(sending: Promise<void>): Promise<void> {
    try {
      await sending;
    } catch (thrown) {
      const { message } = OpAMPError.from(thrown, "connection-lost", "not sent");
      const { id } = this.#connection;
      this.#parts.hub.logger.debug(`an error answer on connection ${id} was not sent: ${message}`);
    }
  }
}

const answerTooLarge = errorAnswer(
  ServerErrorResponseType.Unknown,
  "the server's answer was too large to send",
);
