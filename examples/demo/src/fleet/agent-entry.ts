import type { ServerToAgentInit } from "@opamp/protocol";
import { CommandType, ServerToAgentFlags } from "@opamp/protocol";
import type { Connection } from "@opamp/server";
import type { AgentRecord } from "./agent-record.ts";
import type { LinkState } from "./agent-view.ts";
import { type DesiredConfig, needsOffer } from "./desired-config.ts";
import type { MessageLog } from "./message-log.ts";

/** One agent of a fleet. */
export interface AgentEntry {
  readonly record: AgentRecord;
  readonly link: LinkState;
  readonly transport: Connection["transport"];
  readonly lastSeenMs: number;
  /** Where the agent can be told something at any time: its WebSocket. */
  readonly connection: Connection | undefined;
  readonly desired: DesiredConfig | undefined;
  readonly lastOfferedHash: Uint8Array | undefined;
  /** Whether the agent is still to be told to restart. */
  readonly restartDue: boolean;
  readonly log: MessageLog;
}

/** What the agent is to be told now: a command alone, else its config when that is another. */
export function dueFor(entry: AgentEntry): ServerToAgentInit {
  if (entry.restartDue) return { command: { type: CommandType.Restart } };
  const { record, desired, lastOfferedHash } = entry;
  const isDue = desired !== undefined && needsOffer(record, desired, lastOfferedHash);
  return isDue ? { remoteConfig: desired.offer } : {};
}

/** Asks an agent for all it knows; a command waits meanwhile, for it goes alone. */
export const askFullState: ServerToAgentInit = { flags: ServerToAgentFlags.ReportFullState };

/** The agent after it was told something. */
export function afterTelling(entry: AgentEntry, told: ServerToAgentInit): AgentEntry {
  return {
    ...entry,
    restartDue: entry.restartDue && told.command === undefined,
    lastOfferedHash: told.remoteConfig?.configHash ?? entry.lastOfferedHash,
  };
}
