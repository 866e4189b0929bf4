import {
  bytesFromInstanceUid,
  encodeFrame,
  type InstanceUid,
  instanceUidFromBytes,
  OpAMPError,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { type AgentLink, type AgentRoster, envelopeFor } from "../agent-roster.ts";
import { composeMessage, droppedFields, logDropped } from "../answer.ts";
import { publishSent } from "../diagnostics.ts";
import { encodeWithin } from "../encode-message.ts";
import type { WebSocketConnection } from "./connection.ts";
import type { WebSocketHub } from "./hub.ts";
import { SendQueue } from "./send-queue.ts";
import type { Socket } from "./socket.ts";

/** The frame header, counted in the size of a message (W-16). */
const HEADER_BYTES = 1;

export interface MessageSenderParts {
  readonly hub: WebSocketHub<WebSocketConnection>;
  readonly socket: Socket;
  readonly roster: AgentRoster;
}

/** A message that fits, and whom it is for. */
interface Prepared {
  readonly link: AgentLink;
  readonly message: ServerToAgentInit;
  readonly encoded: Uint8Array;
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

  /** Sends the answer to a message of an agent. There is room for it always: it is one at a time. */
  async answer(link: AgentLink, said: ServerToAgentInit): Promise<void> {
    await this.#commit(this.#prepare(link, said, bytesFromInstanceUid(link.instanceUid)));
  }

  /** Sends what no message asked for (S-60). Rejects with `queue-full` when too much waits. */
  async push(said: ServerToAgentInit): Promise<void> {
    const link = this.#addressee(said);
    const named = said.instanceUid;
    const uid = named && named.length > 0 ? named : bytesFromInstanceUid(link.instanceUid);
    const prepared = this.#prepare(link, said, uid);
    if (!this.#queue.hasRoomFor(prepared.encoded.length, this.#hub.settings.limits)) {
      throw new OpAMPError("queue-full", "too many messages wait: the agent reads too slowly");
    }
    await this.#commit(prepared);
  }

  /** Writes a finished message, for instance to an agent that is not known. */
  async write(message: ServerToAgentInit, instanceUid: InstanceUid | undefined): Promise<void> {
    await this.#enqueue(this.#encode(message), instanceUid);
  }

  /** Resolves when all that was sent so far is written or given up. */
  flushed(): Promise<void> {
    return this.#queue.flushed();
  }

  /** Gives up what waits, and refuses what comes, with this error. */
  close(error: OpAMPError): void {
    this.#queue.close(error);
  }

  #prepare(link: AgentLink, said: ServerToAgentInit, uid: Uint8Array): Prepared {
    const envelope = { ...envelopeFor(link, this.#hub.settings), instanceUid: uid };
    const message = composeMessage(said, envelope);
    logDropped(this.#hub.logger, this.#connection, droppedFields(said, message));
    return { link, message, encoded: this.#encode(message) };
  }

  async #commit({ link, message, encoded }: Prepared): Promise<void> {
    this.#roster.noteSent(link, message);
    await this.#enqueue(encoded, link.instanceUid);
  }

  #encode(message: ServerToAgentInit): Uint8Array {
    return encodeWithin(this.#hub.settings.limits.maxSendBytes, message, HEADER_BYTES);
  }

  async #enqueue(encoded: Uint8Array, instanceUid: InstanceUid | undefined): Promise<void> {
    await this.#queue.push(encodeFrame(encoded));
    publishSent(this.#connection, instanceUid, encoded.length);
  }

  #addressee(said: ServerToAgentInit): AgentLink {
    const named = said.instanceUid;
    const link =
      named === undefined || named.length === 0
        ? this.#roster.only
        : this.#roster.find(instanceUidFromBytes(named));
    if (link !== undefined) return link;
    throw new OpAMPError(
      "invalid-argument",
      `instanceUid does not name one of the ${this.#roster.size} agents of this connection`,
    );
  }
}
