import {
  type AgentToServer,
  CloseCode,
  describeThrown,
  encodeServerToAgent,
  INSTANCE_UID_HEADER,
  type InstanceUid,
  OpAMPError,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { droppedFields, logDropped, processingFailed } from "../answer.ts";
import type { ConnectionCallbacks } from "../callbacks.ts";
import { ABNORMAL_CLOSE } from "../close-code.ts";
import type { CloseReason } from "../connection.ts";
import { publishClosed, publishOpened, publishReceived, publishSent } from "../diagnostics.ts";
import { askForAnswer, notify } from "../invoke-callback.ts";
import type { Entrance } from "../overload/entrance.ts";
import type { Refusal } from "../overload/refusals.ts";
import { prepareMessage } from "../prepare-message.ts";
import {
  badRequest,
  malformed,
  type ReadMessage,
  readMessage,
  uidOfEncoded,
} from "../read-message.ts";
import type { ResolvedSettings } from "../resolve-settings.ts";
import { acceptsEncoding } from "./accept-encoding.ts";
import { HttpConnection } from "./connection.ts";
import { compress } from "./content-encoding.ts";
import { type HttpAnswer, messageAnswer, textAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-request.ts";
import { type Content, readContent } from "./read-content.ts";
import { refuseRequest } from "./refuse-request.ts";

export interface HttpExchangeParts {
  readonly settings: ResolvedSettings;
  readonly entrance: Entrance;
  readonly request: HttpRequest;
  readonly callbacks: ConnectionCallbacks;
  /** The agent, when a header told it already. */
  readonly namedUid: InstanceUid | undefined;
}

/** One message and its answer over HTTP. */
export class HttpExchange {
  readonly #parts: HttpExchangeParts;
  readonly #settings: ResolvedSettings;
  readonly #request: HttpRequest;
  readonly #callbacks: ConnectionCallbacks;
  readonly #connection: HttpConnection;

  constructor(parts: HttpExchangeParts) {
    const { settings, request, callbacks } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.#request = request;
    this.#callbacks = callbacks;
    this.#connection = new HttpConnection(request.connect);
  }

  /** Reads the message, asks the application and answers. Resolves when answered or the agent has gone. */
  async run(): Promise<void> {
    const content = await readContent(this.#request, this.#settings.limits.maxReceiveBytes);
    if (content.kind === "gone") return;
    const tooFast = this.#refusalOf(content);
    if (tooFast !== undefined) {
      return refuseRequest(this.#request, tooFast.answer, this.#settings.logger);
    }
    publishOpened(this.#connection);
    await notify(this.#settings.logger, "onConnected", () =>
      this.#callbacks.onConnected?.(this.#connection),
    );
    const reason = await this.#answerContent(content);
    publishClosed(this.#connection, reason);
    await notify(this.#settings.logger, "onConnectionClosed", () =>
      this.#callbacks.onConnectionClosed?.(this.#connection, reason),
    );
  }

  /** An agent that no header named is known by now. */
  #refusalOf(content: Content): Refusal | undefined {
    const { namedUid, entrance, settings } = this.#parts;
    if (settings.overload.messagesPerAgent === undefined) return undefined;
    if (namedUid !== undefined || content.kind !== "content") return undefined;
    const uid = uidOfEncoded(content.bytes);
    return uid === undefined ? undefined : entrance.refuseAgent(uid);
  }

  #answerContent(content: Exclude<Content, { kind: "gone" }>): Promise<CloseReason> {
    if (content.kind === "refused") return this.#refuse(content.error, content.answer);
    let read: ReadMessage;
    try {
      read = readMessage(content.bytes);
    } catch (thrown) {
      return this.#refuse(malformed(thrown, "the message cannot be read"));
    }
    publishReceived(this.#connection, read.instanceUid, content.bytes.length);
    return this.#answerMessage(read);
  }

  async #answerMessage(read: ReadMessage): Promise<CloseReason> {
    const { message, instanceUid } = read;
    this.#connection.instanceUids = [instanceUid];
    const application = { callbacks: this.#callbacks, logger: this.#settings.logger };
    const said = await askForAnswer(application, this.#connection, read);
    const answer = await this.#prepare(message, said);
    const agentDisconnect = message.agentDisconnect !== undefined;
    try {
      await this.#request.respond(await this.#compressed(answer));
      publishSent(this.#connection, instanceUid, answer.body.length);
    } catch (thrown) {
      // An agent that said goodbye need not wait for the answer (A-19, S-140).
      if (!agentDisconnect) return this.#reportLost(said, thrown);
    }
    return { by: "agent", code: CloseCode.Normal, agentDisconnect };
  }

  /** The answer as it goes out: every HTTP answer carries the capabilities. */
  async #prepare({ instanceUid }: AgentToServer, said: ServerToAgentInit): Promise<HttpAnswer> {
    const { capabilities, customCapabilities, limits, logger } = this.#settings;
    try {
      const envelope = { instanceUid, capabilities, customCapabilities };
      const limit = { maxSendBytes: limits.maxSendBytes, headerBytes: 0 };
      const { message, encoded } = prepareMessage(said, envelope, limit);
      const dropped = droppedFields(said, message);
      if (dropped.length > 0) logDropped(logger, this.#connection, dropped);
      return messageAnswer(200, encoded);
    } catch (thrown) {
      const error = OpAMPError.from(thrown, "invalid-argument", "the answer cannot be encoded");
      await this.#reportUnsent(said, error);
      if (error.code === "message-too-large") return answerTooLarge;
      return messageAnswer(200, encodeServerToAgent({ instanceUid, ...processingFailed }));
    }
  }

  async #compressed(answer: HttpAnswer): Promise<HttpAnswer> {
    const accepted = this.#request.connect.headers["accept-encoding"];
    if (!this.#settings.compression || !acceptsEncoding(accepted, "gzip")) return answer;
    const headers = { ...answer.headers, "content-encoding": "gzip" };
    return { ...answer, headers, body: await compress(answer.body) };
  }

  /** Answers what is no message: with the given answer, or else with a BAD_REQUEST (S-121, S-122). */
  async #refuse(error: OpAMPError, answer?: HttpAnswer): Promise<CloseReason> {
    this.#settings.logger.debug(`connection ${this.#connection.id}: ${error.message}`);
    await notify(this.#settings.logger, "onReadMessageError", () =>
      this.#callbacks.onReadMessageError?.(this.#connection, error),
    );
    const message = badRequest(error, this.#request.connect.headers[INSTANCE_UID_HEADER]);
    try {
      await this.#request.respond(answer ?? messageAnswer(400, encodeServerToAgent(message)));
    } catch (thrown) {
      this.#settings.logger.debug(`a refusal was not sent: ${describeThrown(thrown)}`);
      return lost;
    }
    return { by: "agent", code: CloseCode.Normal, agentDisconnect: false };
  }

  async #reportLost(said: ServerToAgentInit, thrown: unknown): Promise<CloseReason> {
    await this.#reportUnsent(said, OpAMPError.from(thrown, "connection-lost", "not answered"));
    return lost;
  }

  async #reportUnsent(said: ServerToAgentInit, error: OpAMPError): Promise<void> {
    const { logger } = this.#settings;
    logger.warn(`the answer on connection ${this.#connection.id} was not sent: ${error.message}`);
    await notify(logger, "onMessageResponseError", () =>
      this.#callbacks.onMessageResponseError?.(this.#connection, said, error),
    );
  }
}

const lost: CloseReason = { by: "network", code: ABNORMAL_CLOSE };

const answerTooLarge = textAnswer(500, "the server's answer was too large to send");
