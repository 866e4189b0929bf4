import type { ServerToAgentInit } from "@opamp/protocol";
import type { TrackedAgent } from "./tracked-agent.ts";
import type { TrackerEvent } from "./tracker-event.ts";

/** What is known now, what the answer must carry, and what is new. */
export interface Tracked {
  readonly known: TrackedAgent;
  readonly answer: ServerToAgentInit;
  readonly events: readonly TrackerEvent[];
}
