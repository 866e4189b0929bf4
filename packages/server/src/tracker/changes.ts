import type { TrackedAgent } from "./tracked-agent.ts";
import type { TrackerEvent } from "./tracker-event.ts";

/** The events for what is another than before, beside the parts. */
export function changesBetween(
  before: TrackedAgent | undefined,
  after: TrackedAgent,
): readonly TrackerEvent[] {
  const { uid } = after;
  const events: TrackerEvent[] = [];
  if (before === undefined) events.push({ type: "agent-appeared", uid });
  else if (before.uid !== uid) {
    events.push({ type: "uid-changed", uid, before: before.uid, after: uid });
  }
  if (before?.presence !== after.presence) {
    events.push({ type: "presence-changed", uid, before: before?.presence, after: after.presence });
  }
  if (before?.capabilities !== after.capabilities) {
    const { capabilities } = after;
    events.push({
      type: "capabilities-changed",
      uid,
      before: before?.capabilities,
      after: capabilities,
    });
  }
  return events;
}
