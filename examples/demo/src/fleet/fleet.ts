import {
  type AgentToServer,
  agentHasCapability,
  type Clock,
  type InstanceUid,
  instanceUidFromBytes,
  type ServerToAgentInit,
} from "@opamp/protocol";
import {
  type AgentTracker,
  type Connection,
  createAgentTracker,
  type TellOutcome,
  type TrackedAgent,
  type TrackerCallbacks,
  type TrackerEvent,
} from "@opamp/server";
import { type AgentSummary, type AgentView, summaryOf, viewOf } from "./agent-view.ts";
import { type DesiredConfig, desiredConfig } from "./desired-config.ts";
import { createMessageLog, type LogEntry, type MessageLog } from "./message-log.ts";
import { summariseAnswer, summariseReport } from "./message-summary.ts";

/** The agents heard since the process started, what they said, and what they should have. */
export interface Fleet {
  /** Takes in a message of an agent and returns the answer. */
  receive(connection: Connection, message: AgentToServer): Promise<ServerToAgentInit>;
  /** What else the server is to call. */
  readonly callbacks: Pick<TrackerCallbacks, "onConnectionClosed" | "onMessageResponseError">;
  summaries(): readonly AgentSummary[];
  view(uid: InstanceUid): AgentView | undefined;
  messages(uid: InstanceUid): readonly LogEntry[];
  /** Sets the config that an agent should have. */
  configure(uid: InstanceUid, text: string): Promise<TellOutcome>;
  /** Tells an agent to restart. */
  restart(uid: InstanceUid): Promise<TellOutcome>;
  /** Calls back after every change of an agent, until the returned function is called. */
  subscribe(listener: FleetListener): () => void;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export type FleetListener = (uid: InstanceUid, message?: LogEntry) => void;

export interface FleetOptions {
  readonly clock: Clock;
  /** For one agent more, the one that is gone longest is forgotten. @default 1000 */
  readonly maxAgents?: number;
  /** How many messages are kept for each agent. @default 100 */
  readonly maxMessages?: number;
}

export function createFleet(options: FleetOptions): Fleet {
  return new TrackedFleet(options);
}

/** What the tracker knows of agents, with what the page shows besides. */
class TrackedFleet implements Fleet {
  readonly #clock: Clock;
  readonly #maxMessages: number;
  readonly #tracker: AgentTracker;
  readonly #desired = new Map<InstanceUid, DesiredConfig>();
  readonly #logs = new Map<InstanceUid, MessageLog>();
  readonly #listeners = new Set<FleetListener>();

  constructor({ clock, maxAgents = 1000, maxMessages = 100 }: FleetOptions) {
    this.#clock = clock;
    this.#maxMessages = maxMessages;
    this.#tracker = createAgentTracker({
      clock,
      maxAgents,
      desired: ({ uid }) => ({ remoteConfig: this.#desired.get(uid)?.offer }),
      onEvent: (event) => this.#onEvent(event),
    });
  }

  get callbacks(): Fleet["callbacks"] {
    return this.#tracker.callbacks;
  }

  async receive(connection: Connection, message: AgentToServer): Promise<ServerToAgentInit> {
    const answer = (await this.#tracker.callbacks.onMessage(connection, message)) ?? {};
    const uid = this.#tracker.agent(instanceUidFromBytes(message.instanceUid))?.uid;
    if (uid === undefined) return answer;
    this.#log(uid, "agent", summariseReport(message));
    this.#log(uid, "server", summariseAnswer(answer));
    this.#notify(uid);
    return answer;
  }

  summaries(): readonly AgentSummary[] {
    return this.#tracker.agents().map(summaryOf);
  }

  view(uid: InstanceUid): AgentView | undefined {
    const agent = this.#tracker.agent(uid);
    return agent && viewOf(agent, this.#desired.get(uid));
  }

  messages(uid: InstanceUid): readonly LogEntry[] {
    return this.#logs.get(uid)?.entries ?? [];
  }

  async configure(uid: InstanceUid, text: string): Promise<TellOutcome> {
    const agent = this.#tracker.agent(uid);
    if (agent === undefined) return "unknown-agent";
    if (!acceptsConfig(agent)) return "not-supported";
    const desired = desiredConfig(text, agent);
    this.#desired.set(uid, desired);
    const outcome = await this.#tracker.refresh(uid);
    if (outcome === "sent") {
      this.#log(uid, "server", summariseAnswer({ remoteConfig: desired.offer }));
    }
    this.#notify(uid);
    return outcome;
  }

  async restart(uid: InstanceUid): Promise<TellOutcome> {
    const outcome = await this.#tracker.restart(uid);
    if (outcome === "sent") this.#log(uid, "server", summariseAnswer({ command: {} }));
    return outcome;
  }

  subscribe(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return this.#tracker.close();
  }

  #onEvent(event: TrackerEvent): void {
    if (event.type === "uid-changed") this.#rename(event.before, event.after);
    if (event.type === "agent-forgotten") this.#forget(event.uid);
    this.#notify(event.uid);
  }

  #rename(before: InstanceUid, after: InstanceUid): void {
    const desired = this.#desired.get(before);
    const log = this.#logs.get(before);
    this.#forget(before);
    if (desired !== undefined) this.#desired.set(after, desired);
    if (log !== undefined) this.#logs.set(after, log);
    this.#notify(before);
  }

  #forget(uid: InstanceUid): void {
    this.#desired.delete(uid);
    this.#logs.delete(uid);
  }

  #log(uid: InstanceUid, from: LogEntry["from"], summary: string): void {
    const log = this.#logs.get(uid) ?? createMessageLog(this.#maxMessages);
    this.#logs.set(uid, log);
    this.#notify(uid, log.add({ atMs: this.#clock.now(), from, summary }));
  }

  #notify(uid: InstanceUid, message?: LogEntry): void {
    for (const listener of this.#listeners) listener(uid, message);
  }
}

function acceptsConfig({ capabilities }: TrackedAgent): boolean {
  return agentHasCapability(capabilities, "AcceptsRemoteConfig");
}
