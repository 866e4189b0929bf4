import {
  AgentToServerFlags,
  type AgentToServerInit,
  type ConnectionSettingsRequestInit,
  type CustomMessageInit,
  encodeAgentToServer,
  OpAMPError,
  type StatusPart,
} from "@opamp/protocol";
import { Draft, type OneShot } from "./draft.ts";
import type { Identity } from "./identity.ts";
import { mayReport } from "./part-rules.ts";
import type { ReportedState } from "./reported-state.ts";
import type { SendQueue } from "./send-queue.ts";
import type { ServerKnowledge } from "./server-knowledge.ts";

export interface OutboxParts {
  readonly identity: Identity;
  readonly state: ReportedState;
  readonly server: ServerKnowledge;
  readonly customMessages: SendQueue<CustomMessageInit>;
  readonly settingsRequests: SendQueue<ConnectionSettingsRequestInit>;
  readonly maxSendBytes: number;
  /** Something could not be sent and was left out. */
  readonly onDropped: (error: OpAMPError) => void;
}

/** Why a message is made: something is due, a connection or a heartbeat asks for one, or to say goodbye. */
export type Occasion = "due" | "report" | "goodbye";

/**
 * Makes the next message out of what is due. Owns the sequence number. Nothing leaves its place
 * before it was written, and what was not delivered is due again (L-08).
 */
export class Outbox {
  readonly #parts: OutboxParts;
  #sequenceNum = 0n;
  #capabilityBits: bigint;
  #flagBits: bigint;
  /** Capabilities, flags or uid changed: they have no part of their own, but call for a message. */
  #headerDue = false;
  /** The server asked for the whole map of components (C-211). */
  #componentsDue = false;

  constructor(parts: OutboxParts, capabilityBits: bigint, flagBits: bigint) {
    this.#parts = parts;
    this.#capabilityBits = capabilityBits;
    this.#flagBits = flagBits;
  }

  get capabilityBits(): bigint {
    return this.#capabilityBits;
  }

  setCapabilityBits(bits: bigint): void {
    this.#headerDue ||= bits !== this.#capabilityBits;
    this.#capabilityBits = bits;
  }

  setFlagBits(bits: bigint): void {
    this.#headerDue ||= bits !== this.#flagBits;
    this.#flagBits = bits;
  }

  /** The uid was assigned: it is not asked for any longer, and the server hears of it (C-38, C-40). */
  uidAssigned(isNew: boolean): void {
    this.setFlagBits(this.#flagBits & ~AgentToServerFlags.RequestInstanceUid);
    this.#headerDue ||= isNew;
  }

  /** Every status part is due, and a message even if there is none (C-57, C-58). */
  requestFullState(): void {
    this.#headerDue = true;
    this.#parts.state.requestAll();
  }

  /** The hash of the components is due together with their map. */
  requestComponents(): void {
    this.#componentsDue = true;
    this.#parts.state.request("availableComponents");
  }

  /** The next message, or undefined when nothing is due and none was asked for. */
  next(occasion: Occasion): Draft | undefined {
    for (;;) {
      const parts = this.#reportableParts();
      const oneShots = occasion === "goodbye" ? [] : this.#oneShots();
      if (occasion === "due" && !this.#headerDue && parts.length + oneShots.length === 0) {
        return undefined;
      }
      const draft = this.#fit(parts, oneShots, occasion);
      if (draft !== undefined) return draft;
    }
  }

  #reportableParts(): readonly StatusPart[] {
    const { state, server } = this.#parts;
    return state
      .dueParts()
      .filter((part) => mayReport(part, this.#capabilityBits, server.capabilityBits));
  }

  /** At most one of each kind, for a message has one field for it (W-61); none to a stranger. */
  #oneShots(): readonly OneShot[] {
    const { customMessages, settingsRequests, server } = this.#parts;
    if (!server.isKnown) return [];
    const oneShots: OneShot[] = [];
    const message = customMessages.head;
    if (message !== undefined) {
      oneShots.push({ ...message, field: { customMessage: message.item } });
    }
    const request = settingsRequests.head;
    if (request !== undefined) {
      oneShots.push({ ...request, field: { connectionSettingsRequest: request.item } });
    }
    return oneShots;
  }

  /**
   * Leaves out what does not fit beside the rest, largest first; it goes later. What does not fit
   * even alone is given up, and there is no draft.
   */
  #fit(
    parts: readonly StatusPart[],
    oneShots: readonly OneShot[],
    occasion: Occasion,
  ): Draft | undefined {
    const bytes = encodeAgentToServer(this.#message(parts, oneShots, occasion));
    if (bytes.length <= this.#parts.maxSendBytes || parts.length + oneShots.length === 0) {
      return this.#draft(bytes, parts, oneShots);
    }
    const alone = parts.length + oneShots.length === 1;
    const oneShot = oneShots.at(-1);
    if (oneShot !== undefined) {
      if (!alone) return this.#fit(parts, oneShots.slice(0, -1), occasion);
      oneShot.reject(this.#tooLarge("the message", bytes.length));
      return undefined;
    }
    const largest = this.#largest(parts);
    if (alone) {
      this.#withhold(largest, bytes.length);
      return undefined;
    }
    return this.#fit(
      parts.filter((part) => part !== largest),
      oneShots,
      occasion,
    );
  }

  #largest(parts: readonly StatusPart[]): StatusPart {
    const size = (part: StatusPart): number => encodeAgentToServer(this.#field(part)).length;
    return parts.reduce((a, b) => (size(b) > size(a) ? b : a));
  }

  #withhold(part: StatusPart, bytes: number): void {
    this.#parts.state.withhold(part);
    this.#parts.onDropped(this.#tooLarge(part, bytes));
  }

  #tooLarge(what: string, bytes: number): OpAMPError {
    return new OpAMPError(
      "message-too-large",
      `${what} makes a message of ${bytes} bytes; limits.maxSendBytes is ${this.#parts.maxSendBytes}; it was not sent`,
    );
  }

  #message(
    parts: readonly StatusPart[],
    oneShots: readonly OneShot[],
    occasion: Occasion,
  ): AgentToServerInit {
    return {
      instanceUid: this.#parts.identity.bytes,
      sequenceNum: this.#sequenceNum,
      capabilities: this.#capabilityBits,
      flags: this.#flagBits,
      ...Object.assign({}, ...parts.map((part) => this.#field(part))),
      ...Object.assign({}, ...oneShots.map(({ field }) => field)),
      ...(occasion === "goodbye" ? { agentDisconnect: {} } : {}),
    };
  }

  /** A part as a field; of the components only the hash, until the map is asked for (C-210). */
  #field(part: StatusPart): AgentToServerInit {
    const value = this.#parts.state.get(part);
    if (part !== "availableComponents" || this.#componentsDue) return { [part]: value };
    return { availableComponents: { hash: this.#parts.state.get(part)?.hash } };
  }

  #draft(bytes: Uint8Array, parts: readonly StatusPart[], oneShots: readonly OneShot[]): Draft {
    const components = this.#componentsDue && parts.includes("availableComponents");
    if (components) this.#componentsDue = false;
    this.#headerDue = false;
    this.#parts.state.sent(parts);
    for (const oneShot of oneShots) oneShot.take();
    return new Draft(bytes, oneShots, {
      onProcessed: () => {
        this.#sequenceNum += 1n;
      },
      onRefused: () => {
        this.#parts.state.confirm(parts);
      },
      onTooLarge: () => {
        this.#parts.state.answered();
        if (parts.length === 0) return false;
        this.#componentsDue ||= components;
        const largest = this.#largest(parts);
        if (largest === "availableComponents") this.#componentsDue = false;
        this.#parts.state.confirm([largest]);
        this.#parts.state.undelivered(parts.filter((part) => part !== largest));
        return true;
      },
      onUndelivered: () => {
        this.#headerDue = true;
        this.#componentsDue ||= components;
        this.#parts.state.undelivered(parts);
      },
    });
  }
}
