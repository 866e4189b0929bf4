import type { AgentCapability, InstanceUid, StatusPart, StatusPartValue } from "@opamp/protocol";
import { agentHasCapability } from "@opamp/protocol";
import type { Attempt } from "./attempt.ts";
import type { Interleaving } from "./interleaving.ts";
import type { OffersMade } from "./offers-made.ts";

/**
 * The status parts that an agent has reported; of its components only the hash. Each is decoded
 * when it is looked at.
 */
export type StatusParts = { readonly [P in StatusPart]?: StatusPartValue<P> };

/** How an agent is reached. */
export type Presence =
  /** By a WebSocket. */
  | "connected"
  /** By a WebSocket on which the heartbeats stay away. */
  | "silent"
  /** When it next polls over HTTP. */
  | "polling"
  /** Not at all: it said goodbye, its connection ended, or its polls stay away. */
  | "gone";

/**
 * All that is known of one agent. Immutable data: `structuredClone` and `v8.serialize` take it as it
 * is.
 */
export interface TrackedAgent {
  readonly uid: InstanceUid;
  /** The uid it was told to take, until it is heard under it. */
  readonly successor: InstanceUid | undefined;
  /** The bits it announced last. */
  readonly capabilities: bigint;
  readonly parts: StatusParts;
  /** Of its last message. */
  readonly sequenceNum: bigint;
  /** What its last message carried, as bits. */
  readonly carried: number;
  readonly presence: Presence;
  /** Of its last message. */
  readonly transport: "websocket" | "http";
  /** The connection it was last heard on. */
  readonly link: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** Asked for its full state, or about to be; undefined while nothing is missing. */
  readonly recovery: Attempt | undefined;
  readonly offers: OffersMade;
  readonly componentsRequest: ComponentsRequest | undefined;
  /** Signs of a second agent with this uid. */
  readonly interleaving: Interleaving | undefined;
}

/** The question for the map of components behind a hash. */
export interface ComponentsRequest extends Attempt {
  readonly hash: Uint8Array;
}

/** Whether an agent has a capability now (S-43, S-48). */
export function can({ capabilities }: TrackedAgent, capability: AgentCapability): boolean {
  return agentHasCapability(capabilities, capability);
}
