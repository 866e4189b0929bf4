import {
  type AgentCapability,
  type AgentToServer,
  agentHasCapability,
  copyStatusPart,
  type InstanceUid,
  type StatusPart,
  type StatusPartValue,
  statusParts,
} from "@opamp/protocol";

/** The status parts that an agent has reported. */
export type KnownParts = { readonly [P in StatusPart]?: StatusPartValue<P> };

/** What is known of an agent, from its messages alone. */
export interface AgentRecord {
  readonly uid: InstanceUid;
  readonly capabilities: bigint;
  readonly parts: KnownParts;
  readonly sequenceNum: bigint;
  /** The WebSocket it speaks on; `http` is one link however many requests there are. */
  readonly link: string;
  readonly recovery: Recovery;
}

/** Whether the agent was asked for its full state, and how that went. */
export type Recovery =
  | "none"
  | "asked"
  /** It answered, and still lacks what its capabilities promise: asking again would not help. */
  | "exhausted";

/** The parts that a message carries, as copies that keep no network buffer alive. */
export function partsOf(message: AgentToServer): KnownParts {
  const copies = statusParts.flatMap((part) => {
    const value = message[part];
    return value === undefined ? [] : [[part, copyStatusPart(part, value)]];
  });
  return Object.fromEntries(copies);
}

/** The parts that an agent with these capabilities always has. */
export function promisedParts(capabilities: bigint): readonly StatusPart[] {
  return Object.entries(promises).flatMap(([part, capability]) =>
    agentHasCapability(capabilities, capability) ? [part as StatusPart] : [],
  );
}

// A remote config status exists only after an offer, and a package status after a package.
const promises: Partial<Record<StatusPart, AgentCapability>> = {
  agentDescription: "ReportsStatus",
  health: "ReportsHealth",
  effectiveConfig: "ReportsEffectiveConfig",
  availableComponents: "ReportsAvailableComponents",
};
