import type { AgentToServer } from "@opamp/protocol";
import { carriesNothing } from "./carried.ts";
import type { Desired } from "./desired.ts";
import { isSettled } from "./due-offers.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

/**
 * Whether heartbeats of an agent on its WebSocket lead to nothing, however many come and however
 * much time passes: nothing is missing, suspected, or to be offered.
 */
export function isQuiet(known: TrackedAgent, desired: Desired): boolean {
  return (
    known.presence === "connected" &&
    known.transport === "websocket" &&
    known.recovery === undefined &&
    known.successor === undefined &&
    known.interleaving === undefined &&
    isSettled(known, desired)
  );
}

/** Whether a message says only that the agent is alive, and is the next one. */
export function isHeartbeat(
  message: AgentToServer,
  known: TrackedAgent,
  nextSequence: number,
): boolean {
  return (
    message.flags === 0n &&
    Number(message.sequenceNum) === nextSequence &&
    nextSequence <= Number.MAX_SAFE_INTEGER &&
    message.capabilities === known.capabilities &&
    carriesNothing(message)
  );
}

/** What is known of a quiet agent after so many heartbeats in their order. */
export function afterHeartbeats(
  known: TrackedAgent,
  count: number,
  lastSeenMs: number,
): TrackedAgent {
  const sequenceNum = known.sequenceNum + BigInt(count);
  return { ...known, sequenceNum, carried: 0, lastSeenMs };
}
