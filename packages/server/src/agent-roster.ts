import {
  type AgentToServer,
  bytesFromInstanceUid,
  type InstanceUid,
  instanceUidFromBytes,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { Envelope } from "./answer.ts";
import type { Paced } from "./overload/rate.ts";
import { instanceUidOf } from "./read-message.ts";

/** What a server announces to each agent on each connection. */
export interface Announcements {
  readonly capabilities: bigint;
  readonly customCapabilities: readonly string[] | undefined;
}

/** One agent on one connection, and what it was told there. */
export interface AgentLink extends Paced {
  readonly instanceUid: InstanceUid;
  readonly uidBytes: Uint8Array;
  capabilitiesSent: boolean;
  customCapabilitiesSent: boolean;
  /** The uid it was told to take, until it is heard under it. */
  successor: InstanceUid | undefined;
}

/** The agents that share a connection; each has its own first answer (S-159, W-71). */
export class AgentRoster {
  /** The agent, while it is the only one that was ever heard: nearly always, and without a map. */
  #single: AgentLink | undefined;
  #links: Map<InstanceUid, AgentLink> | undefined;
  /** From the uid that an agent was told to take to its link. */
  #successors: Map<InstanceUid, AgentLink> | undefined;
  /** The agent that was heard last. */
  #last: AgentLink | undefined;
  #goodbyes = 0;
  /** The pace of those who said goodbye: saying so is no way to begin anew. */
  #leftPaceMs = 0;

  get instanceUids(): readonly InstanceUid[] {
    return Array.from(this.#all, ({ instanceUid }) => instanceUid);
  }

  get size(): number {
    return this.#links?.size ?? (this.#single === undefined ? 0 : 1);
  }

  /** The agent, when there is exactly one. */
  get only(): AgentLink | undefined {
    if (this.size !== 1) return undefined;
    const [link] = this.#all;
    return link;
  }

  /** Whether all agents heard said goodbye. */
  get isLeft(): boolean {
    return this.size === 0 && this.#goodbyes > 0;
  }

  /** The agent with a uid, also with one it was told to take. */
  find(instanceUid: InstanceUid): AgentLink | undefined {
    return this.#get(instanceUid) ?? this.#successors?.get(instanceUid);
  }

  /** The uid of a message's agent. Throws `malformed-message` for one that is none (S-126, L-28). */
  uidOf(message: AgentToServer): InstanceUid {
    // Most often it is the only agent there is: its uid need not be put into words again.
    const last = this.#last;
    if (last !== undefined && equalBytes(message.instanceUid, last.uidBytes))
      return last.instanceUid;
    return instanceUidOf(message);
  }

  /** The link of an agent that was just heard; undefined when it would be one too many. */
  hear(instanceUid: InstanceUid, maxAgents: number): AgentLink | undefined {
    if (this.#last?.instanceUid === instanceUid) return this.#last;
    const known = this.#get(instanceUid);
    if (known !== undefined) {
      this.#last = known;
      return known;
    }
    const predecessor = this.#successors?.get(instanceUid);
    if (predecessor !== undefined) this.#drop(predecessor);
    if (this.size >= maxAgents) return undefined;
    const link = createAgentLink(instanceUid, this.#leftPaceMs);
    this.#add(link);
    this.#last = link;
    return link;
  }

  /** Forgets an agent that said goodbye (S-137). */
  forget(link: AgentLink): void {
    this.#goodbyes += 1;
    this.#leftPaceMs = Math.max(this.#leftPaceMs, link.paceMs);
    this.#drop(link);
  }

  /** Notes what a message that is on its way tells the agent. */
  noteSent(link: AgentLink, sent: ServerToAgentInit): void {
    if (sent.capabilities) link.capabilitiesSent = true;
    if (sent.customCapabilities) link.customCapabilitiesSent = true;
    const successor = sent.agentIdentification?.newInstanceUid;
    if (successor === undefined || successor.length === 0) return;
    // Who said goodbye is not heard again under another uid.
    if (this.#get(link.instanceUid) !== link) return;
    if (link.successor !== undefined) this.#successors?.delete(link.successor);
    link.successor = instanceUidFromBytes(successor);
    this.#successors ??= new Map();
    this.#successors.set(link.successor, link);
  }

  get #all(): Iterable<AgentLink> {
    if (this.#links !== undefined) return this.#links.values();
    return this.#single === undefined ? [] : [this.#single];
  }

  #get(instanceUid: InstanceUid): AgentLink | undefined {
    if (this.#links !== undefined) return this.#links.get(instanceUid);
    return this.#single?.instanceUid === instanceUid ? this.#single : undefined;
  }

  #add(link: AgentLink): void {
    if (this.#links === undefined && this.#single === undefined) {
      this.#single = link;
      return;
    }
    this.#links ??= new Map(Array.from(this.#all, (single) => [single.instanceUid, single]));
    this.#links.set(link.instanceUid, link);
    this.#single = undefined;
  }

  #drop(link: AgentLink): void {
    if (this.#last === link) this.#last = undefined;
    this.#links?.delete(link.instanceUid);
    if (this.#single === link) this.#single = undefined;
    if (link.successor !== undefined) this.#successors?.delete(link.successor);
  }
}

function createAgentLink(instanceUid: InstanceUid, paceMs: number): AgentLink {
  return {
    instanceUid,
    uidBytes: bytesFromInstanceUid(instanceUid),
    capabilitiesSent: false,
    customCapabilitiesSent: false,
    successor: undefined,
    paceMs,
  };
}

/** What the next message to this agent has to carry. */
export function envelopeFor(
  link: AgentLink,
  instanceUid: Uint8Array,
  announcements: Announcements,
): Envelope {
  return {
    instanceUid,
    capabilities: link.capabilitiesSent ? undefined : announcements.capabilities,
    customCapabilities: link.customCapabilitiesSent ? undefined : announcements.customCapabilities,
  };
}
