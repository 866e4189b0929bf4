import { changesBetween } from "./changes.ts";
import { can, type Presence, type TrackedAgent } from "./tracked-agent.ts";
import type { TrackerEvent } from "./tracker-event.ts";

/** When an agent that says nothing is given up. */
export interface SilencePolicy {
  /** Between polls or heartbeats, in milliseconds. @default 30000 */
  readonly intervalMs: number;
  /** How many may stay away. @default 3 */
  readonly missed: number;
  /** Whether WebSocket agents with ReportsHeartbeat count, too. @default false */
  readonly heartbeats: boolean;
}

/** What is known of an agent that is reached in another way, or not any more. */
export function withPresence(
  known: TrackedAgent,
  presence: Presence,
): { readonly known: TrackedAgent; readonly events: readonly TrackerEvent[] } {
  const after = { ...known, presence };
  return { known: after, events: changesBetween(known, after) };
}

/** What an agent becomes that stays silent too long; undefined when it may (S-51, S-136). */
export function presenceInSilence(
  known: TrackedAgent,
  { heartbeats }: Pick<SilencePolicy, "heartbeats">,
): Presence | undefined {
  if (known.presence === "polling") return "gone";
  const owesHeartbeats = heartbeats && can(known, "ReportsHeartbeat");
  return known.presence === "connected" && owesHeartbeats ? "silent" : undefined;
}
