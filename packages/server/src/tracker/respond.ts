import { CommandType } from "@opamp/protocol";
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

/** The answer to a message that was heard. */
export function respond(heard: Heard, desired: Desired, context: AnswerContext): Tracked {
  const { known, events } = heard;
  if (heard.saysGoodbye) return { known, answer: {}, events };
  const told = tell(heard, desired, context);
  return { ...told, events: [...events, ...told.events] };
}

function tell(heard: Heard, desired: Desired, context: AnswerContext): Tracked {
  const { known } = heard;
  if (isInterleaved(known.interleaving)) return answerInterleaved(known, context);
  if (heard.asksForUid) return assignUid(known, context);
  return tellWhatIsDue(known, desired, { context, occasion: heard });
}

/**
 * What an agent has to be told that said nothing just now: for a push over its WebSocket (S-60).
 * Nothing is asked of it, for it has not left out anything.
 */
export function prompt(known: TrackedAgent, desired: Desired, context: AnswerContext): Tracked {
  const occasion = { reportedKinds: [], repeated: false };
  return restartIfDue(known, context) ?? offerWhatIsDue(known, desired, { context, occasion });
}

interface Circumstances {
  readonly context: AnswerContext;
  readonly occasion: Occasion;
}

function tellWhatIsDue(known: TrackedAgent, desired: Desired, now: Circumstances): Tracked {
  const restart = restartIfDue(known, now.context);
  if (restart !== undefined) return restart;
  const asked = askWhatIsMissing(known, now.context, now.occasion.repeated);
  const offered = offerWhatIsDue(asked.known, desired, now);
  return {
    known: offered.known,
    answer: { ...asked.answer, ...offered.answer },
    events: [...asked.events, ...offered.events],
  };
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
): Tracked {
  const moment = momentOf(known, context);
  const { message, offers, kinds } = dueOffers(known, desired, { moment, occasion });
  if (kinds.length === 0) return { known, answer: {}, events: [] };
  const events = kinds.map(
    (kind): TrackerEvent => ({
      type: "offered",
      uid: known.uid,
      kind,
      hash: offers[kind]?.hash ?? new Uint8Array(),
    }),
  );
  return { known: { ...known, offers }, answer: message, events };
}
