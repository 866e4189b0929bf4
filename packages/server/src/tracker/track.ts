import type { AgentToServer } from "@opamp/protocol";
import type { Desired } from "./desired.ts";
import { hear } from "./hear.ts";
import { respond } from "./respond.ts";
import type { AnswerContext } from "./track-context.ts";
import type { Tracked } from "./tracked.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

/** What a message meets. */
export interface TrackContext extends AnswerContext {
  /** What the agent should have, or how to tell from what is known of it. @default nothing */
  readonly desired?: Desired | ((agent: TrackedAgent) => Desired);
}

const nothing: Desired = {};

/**
 * Takes a message of an agent: from what was known and the message to what is known now, what the
 * answer must carry, and what is new. Changes nothing, waits for nothing and keeps nothing.
 *
 * `known` is what was known of just this agent: found by the uid of the message, or by the uid it
 * was told to take (`successor`).
 */
export function track(
  known: TrackedAgent | undefined,
  message: AgentToServer,
  context: TrackContext,
): Tracked {
  const heard = hear(known, message, context);
  const { desired = nothing } = context;
  return respond(heard, typeof desired === "function" ? desired(heard.known) : desired, context);
}
