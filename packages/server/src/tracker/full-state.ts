import { ServerToAgentFlags } from "@opamp/protocol";
import { attemptAgain, isOverdue, type Moment, type Spacing } from "./attempt.ts";
import { dueComponentsRequest } from "./components.ts";
import type { Heard } from "./hear.ts";
import { type AnswerContext, momentOf } from "./track-context.ts";
import type { Tracked } from "./tracked.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

const recoverySpacing: Spacing = { firstMs: 30_000, maxMs: 3_600_000 };

/** Asks for the full state, and for the map of components, when they are missing. */
export function askWhatIsMissing(
  { known, repeated, reportsComponents }: Heard,
  context: AnswerContext,
): Tracked | undefined {
  const moment = momentOf(known, context);
  const asksFullState = isFullStateDue(known, moment, repeated);
  const recovery = asksFullState ? attemptAgain(known.recovery, moment) : known.recovery;
  const { wantsComponents } = context;
  const request =
    wantsComponents && !reportsComponents
      ? dueComponentsRequest(known, moment, wantsComponents)
      : undefined;
  if (!asksFullState && request === undefined) return undefined;
  const flags =
    (asksFullState ? ServerToAgentFlags.ReportFullState : 0n) |
    (request === undefined ? 0n : ServerToAgentFlags.ReportAvailableComponents);
  return {
    known: { ...known, recovery, componentsRequest: request ?? known.componentsRequest },
    answer: { flags },
    events: asksFullState
      ? [{ type: "full-state-requested", uid: known.uid, attempt: recovery?.attempts ?? 0 }]
      : [],
  };
}

/** Once; again on another connection, when the answer was lost, and after some time (S-28, S-31). */
function isFullStateDue({ recovery }: TrackedAgent, moment: Moment, repeated: boolean): boolean {
  if (recovery === undefined) return false;
  if (recovery.attempts === 0 || recovery.link !== moment.link) return true;
  if (repeated && recovery.atSequence === moment.sequenceNum) return true;
  return isOverdue(recovery, moment.nowMs, recoverySpacing);
}
