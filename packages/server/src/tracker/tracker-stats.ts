import type { AgentEntry } from "./agent-entry.ts";
import type { Presence } from "./tracked-agent.ts";

/** What a tracker holds now, and what it has counted since it was made. Plain data, never changed. */
export interface TrackerStats {
  /** Agents in memory, by how they are reached. */
  readonly agents: Readonly<Record<Presence, number>>;
  /** Calls of `onEvent` that threw or rejected. */
  readonly callbackFailures: { readonly onEvent: number };
}

export function countByPresence(entries: Iterable<AgentEntry>): Record<Presence, number> {
  const counts = { connected: 0, silent: 0, polling: 0, gone: 0 };
  for (const { known } of entries) counts[known.presence] += 1;
  return counts;
}
