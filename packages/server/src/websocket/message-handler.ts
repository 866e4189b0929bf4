import {
  type AgentToServer,
  bytesFromInstanceUid,
  CloseCode,
  decodeAgentToServer,
  decodeFrame,
  type InstanceUid,
  OpAMPError,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { AgentLink, AgentRoster } from "../agent-roster.ts";
import { errorAnswer, processingFailed } from "../answer.ts";
import type { ConnectionCallbacks } from "../callbacks.ts";
import { type Application, askForAnswer, isPromise } from "../invoke-callback.ts";
import type { ThrottleReason } from "../observe/server-stats.ts";
import { keepsPace } from "../overload/rate.ts";
import { badRequest, malformed, uidOfEncoded } from "../read-message.ts";
import type { WebSocketConnection } from "./connection.ts";
import type { WebSocketHub } from "./hub.ts";
import type { MessageSender } from "./message-sender.ts";

export interface MessageHandlerParts {
  readonly hub: WebSocketHub<WebSocketConnection>;
  readonly callbacks: ConnectionCallbacks;
  readonly roster: AgentRoster;
  readonly sender: MessageSender;
}

/** An agent that was asked to come back later may have sent some more before it could know. */
const MAX_REFUSED_IN_A_ROW = 20;

/** Takes the frames of one WebSocket, one at a time, and sees to it that each gets its answer (S-34). */
export class MessageHandler {
  readonly #connection: WebSocketConnection;
  readonly #parts: MessageHandlerParts;
  readonly #application: Application;
  /** How many messages in a row were refused because they come too fast. */
  #refused = 0;
  /** How many in a row could not be read. */
  #unreadable = 0;

  constructor(connection: WebSocketConnection, parts: MessageHandlerParts) {
    this.#connection = connection;
    this.#parts = parts;
    this.#application = { callbacks: parts.callbacks, guard: parts.hub.guard };
  }

  /** Answers one frame, at once where nobody has to be waited for. Neither throws nor rejects. */
  take(frame: Uint8Array): Promise<void> | undefined {
    return this.#parts.hub.observer.timesAnswers ? this.#takeTimed(frame) : this.#take(frame);
  }

  #takeTimed(frame: Uint8Array): Promise<void> | undefined {
    const startMs = performance.now();
    const answered = (): void => this.#parts.hub.observer.answered(this.#connection, startMs);
    const taking = this.#take(frame);
    if (taking === undefined) answered();
    return taking?.then(answered);
  }

  #take(frame: Uint8Array): Promise<void> | undefined {
    let message: AgentToServer;
    let instanceUid: InstanceUid;
    const { roster, hub } = this.#parts;
    // What came with the last straw is not looked at.
    if (this.#unreadable > hub.settings.limits.maxUnreadableMessages) return undefined;
    if (!hub.entrance.admitsMessage()) {
      return this.#refuseForNow("message-rate", uidOfEncoded(frame.subarray(1)));
    }
    try {
      message = decodeAgentToServer(decodeFrame(frame));
      instanceUid = roster.uidOf(message);
    } catch (thrown) {
      return this.#refuseFrame(malformed(thrown, "the message cannot be read"));
    }
    this.#unreadable = 0;
    hub.observer.received(this.#connection, instanceUid, frame.length - 1);
    const link = roster.hear(instanceUid, hub.settings.limits.maxAgentsPerConnection);
    if (link === undefined) return this.#refuseAgent(instanceUid);
    const { overload, clock } = hub.settings;
    if (overload.messagesPerAgent !== undefined) {
      if (!keepsPace(link, overload.messagesPerAgent, clock.now())) {
        return this.#refuseForNow("agent-message-rate", instanceUid);
      }
    }
    this.#refused = 0;
    return this.#answer(link, message);
  }

  /** Whoever sends nothing but such frames costs more than agents do. */
  async #refuseFrame(error: OpAMPError): Promise<void> {
    const { logger, settings } = this.#parts.hub;
    this.#unreadable += 1;
    if (this.#unreadable <= settings.limits.maxUnreadableMessages) return this.refuse(error);
    logger.warn(`connection ${this.#connection.id} is cut: no message of many could be read`);
    const reason = "too many messages that are none";
    void this.#connection.cut("violation", CloseCode.PolicyViolation, reason);
    await this.reportUnreadable(error);
  }

  /** Answers what is no message with a BAD_REQUEST (S-121, S-122). */
  async refuse(error: OpAMPError): Promise<void> {
    await this.#tryToSend(() => this.#parts.sender.write(badRequest(error), undefined));
    await this.reportUnreadable(error);
  }

  async reportUnreadable(error: OpAMPError): Promise<void> {
    const { hub, callbacks } = this.#parts;
    hub.logger.debug(`connection ${this.#connection.id}: ${error.message}`);
    hub.observer.unreadable(this.#connection, error);
    await hub.guard.notify("onReadMessageError", this.#connection, () =>
      callbacks.onReadMessageError?.(this.#connection, error),
    );
  }

  #answer(link: AgentLink, message: AgentToServer): Promise<void> | undefined {
    const { instanceUid } = link;
    const said = askForAnswer(this.#application, this.#connection, { message, instanceUid });
    if (isPromise(said)) return said.then((later) => this.#send(link, message, later));
    return this.#send(link, message, said);
  }

  #send(
    link: AgentLink,
    message: AgentToServer,
    said: ServerToAgentInit,
  ): Promise<void> | undefined {
    const { roster, sender } = this.#parts;
    if (message.agentDisconnect !== undefined) roster.forget(link);
    try {
      const sending = sender.answer(link, message.instanceUid, said);
      return sending?.catch((thrown: unknown) => this.#unsent(link, message, { said, thrown }));
    } catch (thrown) {
      return this.#unsent(link, message, { said, thrown });
    }
  }

  async #unsent(
    link: AgentLink,
    { instanceUid, agentDisconnect }: AgentToServer,
    { said, thrown }: { readonly said: ServerToAgentInit; readonly thrown: unknown },
  ): Promise<void> {
    const error = OpAMPError.from(thrown, "connection-lost", "the answer was not sent");
    // An agent that said goodbye need not wait for the answer (A-19, S-140).
    if (agentDisconnect !== undefined && error.code === "connection-lost") return;
    await this.#reportUnsent(said, error);
    const instead = error.code === "message-too-large" ? answerTooLarge : processingFailed;
    await this.#tryToSend(() => this.#parts.sender.answer(link, instanceUid, instead));
  }

  /** Asks an agent to come back later (S-130); one that does not listen is sent away. */
  async #refuseForNow(
    reason: Exclude<ThrottleReason, "agents-per-connection">,
    instanceUid: InstanceUid | undefined,
  ): Promise<void> {
    const { hub, sender } = this.#parts;
    hub.observer.throttled(this.#connection, instanceUid, reason);
    const answer = hub.entrance.refusals.message(reason, instanceUid);
    await this.#tryToSend(() => sender.write(answer, instanceUid));
    this.#refused += 1;
    if (this.#refused < MAX_REFUSED_IN_A_ROW) return;
    this.#connection.close("overload", CloseCode.TryAgainLater, "too many messages");
  }

  async #refuseAgent(instanceUid: InstanceUid): Promise<void> {
    const { logger, observer } = this.#parts.hub;
    logger.debug(`too many agents share connection ${this.#connection.id}`);
    observer.throttled(this.#connection, instanceUid, "agents-per-connection");
    const uid = bytesFromInstanceUid(instanceUid);
    const { Unavailable } = ServerErrorResponseType;
    const answer = errorAnswer(Unavailable, "too many agents share this connection", uid);
    await this.#tryToSend(() => this.#parts.sender.write(answer, instanceUid));
  }

  async #reportUnsent(said: ServerToAgentInit, error: OpAMPError): Promise<void> {
    const { hub, callbacks } = this.#parts;
    const { id } = this.#connection;
    hub.logger.warn(`the answer on connection ${id} was not sent: ${error.message}`);
    hub.observer.unsent(this.#connection, error);
    await hub.guard.notify("onMessageResponseError", this.#connection, () =>
      callbacks.onMessageResponseError?.(this.#connection, said, error),
    );
  }

  async #tryToSend(send: () => Promise<void> | undefined): Promise<void> {
    try {
      await send();
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
