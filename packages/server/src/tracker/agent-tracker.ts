import type {
  AgentToServer,
  AvailableComponents,
  Clock,
  InstanceUid,
  Logger,
  ServerCapability,
  ServerToAgentInit,
} from "@opamp/protocol";
import type { ConnectionCallbacks } from "../callbacks.ts";
import type { Connection } from "../connection.ts";
import type { AgentStore } from "./agent-store.ts";
import type { Desired } from "./desired.ts";
import type { SilencePolicy } from "./presence.ts";
import type { DuplicatePolicy } from "./track-context.ts";
import type { TrackedAgent } from "./tracked-agent.ts";
import type { TrackerEvent } from "./tracker-event.ts";
import type { TrackerStats } from "./tracker-stats.ts";

/** Knows the agents of a server, answers them, and tells what is new. */
export interface AgentTracker extends AsyncDisposable {
  /** To hand to `createOpAMPServer`, or to `accept`. */
  readonly callbacks: TrackerCallbacks;
  /** What a server with this tracker does: to hand to `createOpAMPServer`. */
  readonly capabilities: readonly ServerCapability[];
  /** The agents heard, in order of their first message, with those that are gone. */
  agents(): readonly TrackedAgent[];
  agent(uid: InstanceUid): TrackedAgent | undefined;
  /** How many agents there are, and what failed. Costs a walk over the agents. */
  stats(): TrackerStats;
  /** The components behind a hash, when an agent has reported them. */
  components(hash: Uint8Array): AvailableComponents | undefined;
  /**
   * What the agent should have is another now: it is told at once over its WebSocket, or in the
   * answer to its next message. Any number of calls leads to one offer, of what is desired last.
   */
  refresh(uid: InstanceUid, options?: RefreshOptions): Promise<TellOutcome>;
  /** The same for all agents. */
  refreshAll(options?: RefreshOptions): Promise<void>;
  /** Tells an agent to restart, once (S-116, S-117). */
  restart(uid: InstanceUid): Promise<TellOutcome>;
  /** Waits for what is under way, and stores all that is known. Call it after the server's `close`. */
  close(): Promise<void>;
}

export interface TrackerCallbacks
  extends Required<Pick<ConnectionCallbacks, "onMessageResponseError" | "onConnectionClosed">> {
  /** Whoever has no uid at hand leaves it out. */
  readonly onMessage: (
    connection: Connection,
    message: AgentToServer,
    instanceUid?: InstanceUid,
  ) => ReturnType<Required<ConnectionCallbacks>["onMessage"]>;
}

export interface RefreshOptions {
  /** Whether what the agent has failed at is offered to it once more. @default false */
  readonly retryFailed?: boolean;
}

/** What became of something that an agent is to be told. */
export type TellOutcome =
  | "sent"
  /** It is told when it next polls or connects. */
  | "waiting"
  /** There is nothing new to tell. */
  | "unchanged"
  | "unknown-agent"
  | "not-supported";

/** Every member is optional. */
export interface AgentTrackerSettings {
  /**
   * What an agent should have. Asked when an agent is first heard, when its description, its
   * capabilities or its uid change, and after `refresh`. @default nothing
   */
  readonly desired?: (agent: TrackedAgent) => Desired | Promise<Desired>;
  /** What is new. The next message of the agent waits for the promise; a failure is logged. */
  readonly onEvent?: (event: TrackerEvent, agent: TrackedAgent) => void | Promise<void>;
  /**
   * Every message, once it is tracked: for custom messages, certificate requests and the like. What
   * is returned goes into the answer, before what the tracker says.
   */
  readonly onMessage?: (
    agent: TrackedAgent,
    message: AgentToServer,
    connection: Connection,
  ) => ServerToAgentInit | undefined | void | Promise<ServerToAgentInit | undefined | void>;
  /** @default none: what is known ends with the process */
  readonly store?: AgentStore;
  /** What to do with the second of two agents with one uid. @default "assign-new-uid" */
  readonly duplicates?: DuplicatePolicy;
  /** Whether agents are asked for the map of their components. @default false */
  readonly wantComponents?: boolean;
  /**
   * After how many missed polls an HTTP agent is gone, and with `heartbeats` a WebSocket agent that
   * reports them silent. @default { intervalMs: 30000, missed: 3, heartbeats: false }
   */
  readonly silence?: Partial<SilencePolicy>;
  /** How many agents are kept in memory; for one more, the one that is gone longest is forgotten. @default 100000 */
  readonly maxAgents?: number;
  /** How long an older connection has to answer a ping when its agent turns up on another. @default 5000 */
  readonly probeMs?: number;
  readonly logger?: Logger;
  /** @default the system's */
  readonly clock?: Clock;
}
