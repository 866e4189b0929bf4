import {
  type InstanceUid,
  instanceUidFromBytes,
  OpAMPError,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { type AgentLink, type AgentRoster, envelopeFor } from "../agent-roster.ts";
import { assertUnsolicited, droppedFields, logDropped } from "../answer.ts";
import { encodeWithin, type PreparedMessage, prepareMessage } from "../prepare-message.ts";
import type { WebSocketConnection } from "./connection.ts";
import type { WebSocketHub } from "./hub.ts";
import { SendQueue } from "./send-queue.ts";
import type { Socket } from "./socket.ts";

export interface MessageSenderParts {
  readonly hub: WebSocketHub<WebSocketConnection>;
  readonly socket: Socket;
  readonly roster: AgentRoster;
}

/** Turns what the application says on one WebSocket into frames in its queue. */
export class MessageSender {
  readonly #connection: WebSocketConnection;
  readonly #hub: WebSocketHub<WebSocketConnection>;
  readonly #roster: AgentRoster;
  readonly #queue: SendQueue<WebSocketConnection>;

  constructor(connection: WebSocketConnection, { hub, socket, roster }: MessageSenderParts) {
    this.#connection = connection;
    this.#hub = hub;
    this.#roster = roster;
    this.#queue = new SendQueue(connection, socket, hub.writes);
  }

  /**
   * Sends the answer to a message of an agent. There is room for it always: it is one at a time.
   * Throws for what is no message; rejects when it was not written.
   */
  answer(
    link: AgentLink,
    instanceUid: Uint8Array,
    said: ServerToAgentInit,
  ): Promise<void> | undefined {
    const { message, encoded } = this.#prepare(link, instanceUid, said);
    this.#roster.noteSent(link, message);
    return this.#sent(this.#queue.pushAnswer(encoded), encoded, link.instanceUid);
  }

  /** Sends what no message asked for (S-60). Rejects with `queue-full` when too much waits. */
  async push(said: ServerToAgentInit): Promise<void> {
    assertUnsolicited(said);
    const named = isEmpty(said.instanceUid) ? undefined : said.instanceUid;
    const link = this.#addressee(named);
    const uid = named ?? link.uidBytes;
    const prepared = this.#prepare(link, uid, said);
    if (!this.#queue.hasRoomFor(prepared.encoded.length, this.#hub.settings.limits)) {
      throw new OpAMPError("queue-full", "too many messages wait: the agent reads too slowly");
    }
    const { message, encoded } = prepared;
    this.#roster.noteSent(link, message);
    await this.#sent(this.#queue.push(encoded), encoded, link.instanceUid);
  }

  /** Writes a finished message, for instance to an agent that is not known. */
  write(
    message: ServerToAgentInit,
    instanceUid: InstanceUid | undefined,
  ): Promise<void> | undefined {
    const encoded = encodeWithin(this.#hub.sizeLimit, message);
    return this.#sent(this.#queue.push(encoded), encoded, instanceUid);
  }

  /** Resolves when all that was sent so far is written or given up. */
  flushed(): Promise<void> {
    return this.#queue.flushed();
  }

  get queuedMessages(): number {
    return this.#queue.length;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Gives up what waits with this error, and takes nothing more. */
  close(error: OpAMPError): void {
    this.#queue.close(error);
  }

  #prepare(link: AgentLink, uid: Uint8Array, said: ServerToAgentInit): PreparedMessage {
    const envelope = envelopeFor(link, uid, this.#hub.settings);
    const prepared = prepareMessage(said, envelope, this.#hub.sizeLimit);
    const dropped = droppedFields(said, prepared.message);
    if (dropped.length > 0) logDropped(this.#hub.logger, this.#connection, dropped);
    return prepared;
  }

  /** Undefined when it is written already. */
  #sent(
    sending: Promise<void> | undefined,
    encoded: Uint8Array,
    instanceUid: InstanceUid | undefined,
  ): Promise<void> | undefined {
    if (sending !== undefined) return this.#whenSent(sending, encoded, instanceUid);
    this.#hub.observer.sent(this.#connection, instanceUid, encoded.length);
    return undefined;
  }

  async #whenSent(
    sending: Promise<void>,
    { length }: Uint8Array,
    instanceUid: InstanceUid | undefined,
  ): Promise<void> {
    await sending;
    this.#hub.observer.sent(this.#connection, instanceUid, length);
  }

  #addressee(named: Uint8Array | undefined): AgentLink {
    const roster = this.#roster;
    const link = named === undefined ? roster.only : roster.find(instanceUidFromBytes(named));
    if (link !== undefined) return link;
    throw new OpAMPError(
      "invalid-argument",
      `instanceUid does not name one of the ${roster.size} agents of this connection`,
    );
  }
}

function isEmpty(uid: Uint8Array | undefined): boolean {
  return uid === undefined || uid.length === 0;
}
