import type { InstanceUid } from "@opamp/protocol";
import type { Tracked } from "./tracked.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

type Loaded = TrackedAgent | null | undefined;

/**
 * Where what is known of agents outlives the process. The calls for one agent come in order and
 * never overlap. A message whose `save` fails is answered with an error, and counts as missed.
 */
export interface AgentStore {
  /** Null, as databases say it, or undefined for one that is not known. */
  load(uid: InstanceUid): Loaded | Promise<Loaded>;
  /** Called when there is something new: never for a mere heartbeat. */
  save(agent: TrackedAgent): void | Promise<void>;
  /** The agent goes by another uid now. */
  delete(uid: InstanceUid): void | Promise<void>;
}

/** Whether something is known now that has to outlive the process. */
export function isWorthSaving(
  before: TrackedAgent | undefined,
  { known, events }: Tracked,
): boolean {
  return (
    before === undefined ||
    events.length > 0 ||
    before.recovery !== known.recovery ||
    before.offers !== known.offers ||
    before.successor !== known.successor ||
    before.componentsRequest !== known.componentsRequest
  );
}
