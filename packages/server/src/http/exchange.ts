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
import { askForAnswer } from "../invoke-callback.ts";
import type { Ending } from "../observe/transport-observer.ts";
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
import type { ServerContext } from "../server-context.ts";
import { acceptsEncoding } from "./accept-encoding.ts";
import { HttpConnection } from "./connection.ts";
import { type HttpAnswer, messageAnswer, textAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-request.ts";
import { type Content, readContent } from "./read-content.ts";
import { refuseRequest } from "./refuse-request.ts";

export interface HttpExchangeParts {
  readonly context: ServerContext;
  readonly entrance: Entrance;
  readonly request: HttpRequest;
  readonly callbacks: ConnectionCallbacks;
  /** The agent, when a header told it already. */
  readonly namedUid: InstanceUid | undefined;
}

/** One message and its answer over HTTP. */
export class HttpExchange {
  readonly #parts: HttpExchangeParts;
  readonly #context: ServerContext;
  readonly #request: HttpRequest;
  readonly #callbacks: ConnectionCallbacks;
  readonly #connection: HttpConnection;

  constructor(parts: HttpExchangeParts) {
    const { context, request, callbacks } = parts;
    this.#parts = parts;
    this.#context = context;
    this.#request = request;
    this.#callbacks = callbacks;
    this.#connection = new HttpConnection(request.connect);
  }

  /** Reads the message, asks the application and answers. Resolves when answered or the agent has gone. */
  async run(): Promise<void> {
    const content = await readContent(this.#request, this.#context.limits.maxReceiveBytes);
    if (content.kind === "gone") return this.#countLost();
    const tooFast = this.#refusalOf(content);
    if (tooFast !== undefined) return refuseRequest(this.#context, this.#request, tooFast);
    const connection = this.#connection;
    const { http, callbacks } = this.#context.observer;
    http.opened(connection);
    await callbacks.notify("onConnected", connection, () =>
      this.#callbacks.onConnected?.(connection),
    );
    const startMs = performance.now();
    const ending = await this.#answerContent(content);
    if (http.timesAnswers) http.answered(connection, startMs);
    http.closed(connection, ending);
    await callbacks.notify("onConnectionClosed", connection, () =>
      this.#callbacks.onConnectionClosed?.(connection, ending.reason),
    );
  }

  /** Nobody else hears of an agent that has gone before it said anything. */
  #countLost(): void {
    const { http } = this.#context.observer;
    http.opened(this.#connection);
    http.closed(this.#connection, lost);
  }

  /** What a header said of the agent is no way around its limit. */
  #refusalOf(content: Content): Refusal | undefined {
    const { namedUid, entrance, context } = this.#parts;
    if (context.overload.messagesPerAgent === undefined) return undefined;
    if (content.kind !== "content") return undefined;
    const uid = uidOfEncoded(content.bytes);
    return uid === undefined || uid === namedUid ? undefined : entrance.refuseAgent(uid);
  }

  #answerContent(content: Exclude<Content, { kind: "gone" }>): Promise<Ending> {
    if (content.kind === "refused") return this.#refuse(content.error, content.answer);
    let read: ReadMessage;
    try {
      read = readMessage(content.bytes);
    } catch (thrown) {
      return this.#refuse(malformed(thrown, "the message cannot be read"));
    }
    this.#context.observer.http.received(this.#connection, read.instanceUid, content.bytes.length);
    return this.#answerMessage(read);
  }

  async #answerMessage(read: ReadMessage): Promise<Ending> {
    const { message, instanceUid } = read;
    this.#connection.instanceUids = [instanceUid];
    const { http, callbacks: guard } = this.#context.observer;
    const application = { callbacks: this.#callbacks, guard };
    const said = await askForAnswer(application, this.#connection, read);
    const answer = await this.#prepare(message, said);
    const agentDisconnect = message.agentDisconnect !== undefined;
    try {
      await this.#request.respond(await this.#compressed(answer));
      http.sent(this.#connection, instanceUid, answer.body.length);
    } catch (thrown) {
      // An agent that said goodbye need not wait for the answer (A-19, S-140).
      if (!agentDisconnect) return this.#reportLost(said, thrown);
    }
    return answered(agentDisconnect);
  }

  /** The answer as it goes out: every HTTP answer carries the capabilities. */
  async #prepare({ instanceUid }: AgentToServer, said: ServerToAgentInit): Promise<HttpAnswer> {
    const { capabilities, customCapabilities, limits, logger } = this.#context;
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
    if (!this.#context.compression || !acceptsEncoding(accepted, "gzip")) return answer;
    const headers = { ...answer.headers, "content-encoding": "gzip" };
    return { ...answer, headers, body: await this.#request.gzip.compress(answer.body) };
  }

  /** Answers what is no message: with the given answer, or else with a BAD_REQUEST (S-121, S-122). */
  async #refuse(error: OpAMPError, answer?: HttpAnswer): Promise<Ending> {
    this.#context.logger.debug(`connection ${this.#connection.id}: ${error.message}`);
    const { http, callbacks } = this.#context.observer;
    http.unreadable(this.#connection, error);
    await callbacks.notify("onReadMessageError", this.#connection, () =>
      this.#callbacks.onReadMessageError?.(this.#connection, error),
    );
    const message = badRequest(error, this.#request.connect.headers[INSTANCE_UID_HEADER]);
    try {
      await this.#request.respond(answer ?? messageAnswer(400, encodeServerToAgent(message)));
    } catch (thrown) {
      this.#context.logger.debug(`a refusal was not sent: ${describeThrown(thrown)}`);
      return lost;
    }
    return answered(false);
  }

  async #reportLost(said: ServerToAgentInit, thrown: unknown): Promise<Ending> {
    await this.#reportUnsent(said, OpAMPError.from(thrown, "connection-lost", "not answered"));
    return lost;
  }

  async #reportUnsent(said: ServerToAgentInit, error: OpAMPError): Promise<void> {
    const { logger, observer } = this.#context;
    observer.http.unsent(this.#connection, error);
    logger.warn(`the answer on connection ${this.#connection.id} was not sent: ${error.message}`);
    await observer.callbacks.notify("onMessageResponseError", this.#connection, () =>
      this.#callbacks.onMessageResponseError?.(this.#connection, said, error),
    );
  }
}

const lost: Ending = { reason: { by: "network", code: ABNORMAL_CLOSE }, cause: "network" };

function answered(agentDisconnect: boolean): Ending {
  const reason = { by: "agent", code: CloseCode.Normal, agentDisconnect } as const;
  return { reason, cause: agentDisconnect ? "agent-disconnect" : "answered" };
}

const answerTooLarge = textAnswer(500, "the server's answer was too large to send");
