import {
  type AgentToServer,
  agentHasCapability,
  bytesFromInstanceUid,
  type Clock,
  describeThrown,
  type InstanceUid,
  instanceUidFromBytes,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { Connection } from "@opamp/server";
import { type AgentEntry, afterTelling, askFullState, dueFor } from "./agent-entry.ts";
import { type AgentSummary, type AgentView, summaryOf, viewOf } from "./agent-view.ts";
import { desiredConfig } from "./desired-config.ts";
import { createMessageLog, type LogEntry } from "./message-log.ts";
import { summariseAnswer, summariseReport } from "./message-summary.ts";
import { track } from "./track.ts";
import { createUidAssignments, type UidAssignments } from "./uid-assignments.ts";

/** The agents heard since the process started, what they said, and what they should have. */
export interface Fleet {
  /** Takes in a message of an agent and returns the answer. */
  receive(connection: Connection, message: AgentToServer): ServerToAgentInit;
  /** Notes that a connection is gone, and with it the agents on it. */
  disconnect(connection: Connection): void;
  summaries(): readonly AgentSummary[];
  view(uid: InstanceUid): AgentView | undefined;
  messages(uid: InstanceUid): readonly LogEntry[];
  /** Sets the config that an agent should have. */
  configure(uid: InstanceUid, text: string): RequestOutcome;
  /** Tells an agent to restart. */
  restart(uid: InstanceUid): RequestOutcome;
  /** Calls back after every change of an agent, until the returned function is called. */
  subscribe(listener: FleetListener): () => void;
}

export type RequestOutcome =
  | "sent"
  /** The agent gets it when it polls or connects. */
  | "waiting"
  /** The agent has received just this before. */
  | "unchanged"
  | "unknown-agent"
  | "not-supported";

export type FleetListener = (uid: InstanceUid, message?: LogEntry) => void;

export interface FleetOptions {
  readonly clock: Clock;
  /** For one agent more, the one that was silent longest goes. @default 1000 */
  readonly maxAgents?: number;
  /** How many messages are kept for each agent. @default 100 */
  readonly maxMessages?: number;
}

export function createFleet(options: FleetOptions): Fleet {
  return new InMemoryFleet(options);
}

class InMemoryFleet implements Fleet {
  readonly #clock: Clock;
  readonly #maxAgents: number;
  readonly #maxMessages: number;
  readonly #assignments: UidAssignments = createUidAssignments();
  readonly #agents = new Map<InstanceUid, AgentEntry>();
  readonly #listeners = new Set<FleetListener>();

  constructor({ clock, maxAgents = 1000, maxMessages = 100 }: FleetOptions) {
    this.#clock = clock;
    this.#maxAgents = maxAgents;
    this.#maxMessages = maxMessages;
  }

  receive(connection: Connection, message: AgentToServer): ServerToAgentInit {
    const saidUid = instanceUidFromBytes(message.instanceUid);
    const uid = this.#assignments.currentUid(connection, saidUid);
    const before = this.#agents.get(uid);
    const tracked = track(before?.record, { uid, message, link: linkOf(connection) });
    const entry = this.#entryAfter(before, { record: tracked.record, connection, message });
    this.#put(uid, entry);
    this.#log(uid, "agent", summariseReport(message));
    if (message.agentDisconnect !== undefined) return {};

    const newUid = this.#assignments.assign(connection, saidUid, message);
    if (newUid !== undefined && newUid !== uid) this.#rename(uid, newUid);
    const due = newUid === undefined ? dueFor(entry) : {};
    const answer: ServerToAgentInit = {
      ...(tracked.asksFullState ? { ...askFullState, remoteConfig: due.remoteConfig } : due),
      ...(newUid && { agentIdentification: { newInstanceUid: bytesFromInstanceUid(newUid) } }),
    };
    this.#noteTold(newUid ?? uid, answer);
    return answer;
  }

  disconnect(connection: Connection): void {
    for (const [uid, entry] of this.#agents) {
      if (entry.connection !== connection) continue;
      this.#put(uid, { ...entry, link: "gone", connection: undefined });
    }
  }

  summaries(): readonly AgentSummary[] {
    return [...this.#agents.values()].map(summaryOf);
  }

  view(uid: InstanceUid): AgentView | undefined {
    const entry = this.#agents.get(uid);
    return entry && viewOf(entry);
  }

  messages(uid: InstanceUid): readonly LogEntry[] {
    return this.#agents.get(uid)?.log.entries ?? [];
  }

  configure(uid: InstanceUid, text: string): RequestOutcome {
    const entry = this.#agents.get(uid);
    if (entry === undefined) return "unknown-agent";
    const { record } = entry;
    if (!agentHasCapability(record.capabilities, "AcceptsRemoteConfig")) return "not-supported";
    return this.#tell({ ...entry, desired: desiredConfig(text, record) });
  }

  restart(uid: InstanceUid): RequestOutcome {
    const entry = this.#agents.get(uid);
    if (entry === undefined) return "unknown-agent";
    const { capabilities } = entry.record;
    if (!agentHasCapability(capabilities, "AcceptsRestartCommand")) return "not-supported";
    return this.#tell({ ...entry, restartDue: true });
  }

  subscribe(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #entryAfter(before: AgentEntry | undefined, report: ReceivedReport): AgentEntry {
    const { record, connection, message } = report;
    const { transport } = connection;
    const isHere = message.agentDisconnect === undefined;
    return {
      desired: undefined,
      lastOfferedHash: undefined,
      restartDue: false,
      log: before?.log ?? createMessageLog(this.#maxMessages),
      ...before,
      record,
      transport,
      link: isHere ? (transport === "http" ? "polling" : "connected") : "gone",
      lastSeenMs: this.#clock.now(),
      connection: isHere && transport === "websocket" ? connection : undefined,
    };
  }

  /** Tells an agent on a WebSocket what is due at once; the others hear it in their next answer. */
  #tell(entry: AgentEntry): RequestOutcome {
    const { uid } = entry.record;
    this.#put(uid, entry);
    const due = dueFor(entry);
    if (due.command === undefined && due.remoteConfig === undefined) return "unchanged";
    if (entry.connection === undefined) return "waiting";
    this.#noteTold(uid, due);
    entry.connection
      .send({ instanceUid: bytesFromInstanceUid(uid), ...due })
      .catch((thrown) => this.#log(uid, "server", `could not send: ${describeThrown(thrown)}`));
    return "sent";
  }

  #noteTold(uid: InstanceUid, told: ServerToAgentInit): void {
    const entry = this.#agents.get(uid);
    if (entry !== undefined) this.#put(uid, afterTelling(entry, told));
    this.#log(uid, "server", summariseAnswer(told));
  }

  #rename(uid: InstanceUid, newUid: InstanceUid): void {
    const entry = this.#agents.get(uid);
    if (entry === undefined) return;
    this.#agents.delete(uid);
    this.#put(newUid, { ...entry, record: { ...entry.record, uid: newUid } });
    this.#notify(uid);
  }

  #put(uid: InstanceUid, entry: AgentEntry): void {
    if (!this.#agents.has(uid) && this.#agents.size >= this.#maxAgents) this.#forgetOne();
    this.#agents.set(uid, entry);
    this.#notify(uid);
  }

  #forgetOne(): void {
    const entries = [...this.#agents.values()];
    const [first] = entries.sort((a, b) => rank(a) - rank(b) || a.lastSeenMs - b.lastSeenMs);
    if (first === undefined) return;
    this.#agents.delete(first.record.uid);
    this.#notify(first.record.uid);
  }

  #log(uid: InstanceUid, from: LogEntry["from"], summary: string): void {
    const log = this.#agents.get(uid)?.log;
    if (log !== undefined) this.#notify(uid, log.add({ atMs: this.#clock.now(), from, summary }));
  }

  #notify(uid: InstanceUid, message?: LogEntry): void {
    for (const listener of this.#listeners) listener(uid, message);
  }
}

interface ReceivedReport {
  readonly record: AgentEntry["record"];
  readonly connection: Connection;
  readonly message: AgentToServer;
}

function linkOf({ transport, id }: Connection): string {
  return transport === "http" ? "http" : `websocket ${id}`;
}

/** Agents that are gone are forgotten first. */
function rank({ link }: AgentEntry): number {
  return link === "gone" ? 0 : 1;
}
