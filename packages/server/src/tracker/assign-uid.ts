import {
  bytesFromInstanceUid,
  createInstanceUid,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { AnswerContext } from "./track-context.ts";
import type { Tracked } from "./tracked.ts";
import type { TrackedAgent } from "./tracked-agent.ts";
import type { TrackerEvent } from "./tracker-event.ts";

/** The agent keeps what it is known for; asked again, the answer stays the same (S-21, S-25). */
export function assignUid(known: TrackedAgent, context: AnswerContext): Tracked {
  const { uid } = known;
  const newUid = known.successor ?? (context.createUid ?? createInstanceUid)();
  const events: TrackerEvent[] =
    known.successor === undefined ? [{ type: "uid-assigned", uid, newUid }] : [];
  return {
    known: { ...known, successor: newUid },
    answer: { agentIdentification: { newInstanceUid: bytesFromInstanceUid(newUid) } },
    events,
  };
}

/** Whichever of the two just spoke goes; what is known then belongs to the other (S-146). */
export function answerInterleaved(known: TrackedAgent, context: AnswerContext): Tracked {
  const { uid } = known;
  const { answer, events } = turnAway(known, context);
  return {
    known: { ...known, interleaving: undefined },
    answer,
    events: [{ type: "duplicate-uid", uid, seenBy: "sequence" }, ...events],
  };
}

/**
 * The answer to an agent that uses the uid of another. It keeps nothing of what is known of that
 * one: under its new uid it is an agent not heard before (S-143, S-144).
 */
export function turnAway(known: TrackedAgent, context: AnswerContext): Omit<Tracked, "known"> {
  if (context.duplicates === "refuse") return { answer: uidInUse, events: [] };
  const newUid = (context.createUid ?? createInstanceUid)();
  return {
    answer: { agentIdentification: { newInstanceUid: bytesFromInstanceUid(newUid) } },
    events: [{ type: "uid-assigned", uid: known.uid, newUid }],
  };
}

const uidInUse: ServerToAgentInit = {
  errorResponse: {
    type: ServerErrorResponseType.BadRequest,
    errorMessage: "another agent uses this instance uid",
  },
};
