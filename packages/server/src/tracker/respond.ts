import { CommandType, type ServerToAgentInit } from "@opamp/protocol";
import { answerInterleaved, assignUid } from "./assign-uid.ts";
import type { Desired } from "./desired.ts";
import { dueOffers, type Occasion } from "./due-offers.ts";
import { askWhatIsMissing } from "./full-state.ts";
import type { Heard } from "./hear.ts";
import { isInterleaved } from "./interleaving.ts";
import { type AnswerContext, momentOf } from "./track-context.ts";
import type { Tracked } from "./tracked.ts";
import { can, type TrackedAgent } from "./tracked-agent.ts";
import type { TrackerEvent } from "./tracker-event.ts";

const nothing: ServerToAgentInit = {};
const noEvents: readonly TrackerEvent[] = [];

/** The answer to a message that was heard. */
export function respond(heard: Heard, desired: Desired, context: AnswerContext): Tracked {
  const { known, events } = heard;
  const told = heard.saysGoodbye ? undefined : tell(heard, desired, context);
  if (told === undefined) return { known, answer: nothing, events };
  return { ...told, events: [...events, ...told.events] };
}

/** Undefined when there is nothing to tell. */
function tell(heard: Heard, desired: Desired, context: AnswerContext): Tracked | undefined {
  const { known } = heard;
  if (isInterleaved(known.interleaving)) return answerInterleaved(known, context);
  if (heard.asksForUid) return assignUid(known, context);
  const restart = restartIfDue(known, context);
  if (restart !== undefined) return restart;
  const asked = askWhatIsMissing(heard, context);
  const offered = offerWhatIsDue(asked?.known ?? known, desired, { context, occasion: heard });
  if (asked === undefined || offered === undefined) return asked ?? offered;
  return {
    known: offered.known,
    answer: { ...asked.answer, ...offered.answer },
    events: [...asked.events, ...offered.events],
  };
}

/**
 * What an agent has to be told that said nothing just now: for a push over its WebSocket (S-60).
 * Nothing is asked of it, for it has not left out anything.
 */
export function prompt(known: TrackedAgent, desired: Desired, context: AnswerContext): Tracked {
  const occasion = { reportedKinds: [], repeated: false };
  const told =
    restartIfDue(known, context) ?? offerWhatIsDue(known, desired, { context, occasion });
  return told ?? { known, answer: nothing, events: noEvents };
}

interface Circumstances {
  readonly context: AnswerContext;
  readonly occasion: Occasion;
}

/** A command goes alone: all else waits for the next message (S-116, S-117). */
function restartIfDue(known: TrackedAgent, { restartDue }: AnswerContext): Tracked | undefined {
  if (restartDue !== true || !can(known, "AcceptsRestartCommand")) return undefined;
  const answer = { command: { type: CommandType.Restart } };
  return { known, answer, events: [{ type: "restart-commanded", uid: known.uid }] };
}

function offerWhatIsDue(
  known: TrackedAgent,
  desired: Desired,
  { context, occasion }: Circumstances,
): Tracked | undefined {
  const moment = momentOf(known, context);
  const due = dueOffers(known, desired, { moment, occasion });
  if (due === undefined) return undefined;
  const { message, offers, made } = due;
  const events = made.map(
    ({ kind, hash }): TrackerEvent => ({ type: "offered", uid: known.uid, kind, hash }),
  );
  return { known: { ...known, offers }, answer: message, events };
}
