import {
  type AgentToServer,
  copyStatusPart,
  equalStatusParts,
  type StatusPart,
  type StatusPartValue,
  statusParts,
} from "@opamp/protocol";
import { withoutMap } from "./components.ts";
import type { Continuity } from "./continuity.ts";
import { isReportable } from "./expected-parts.ts";
import type { StatusParts } from "./tracked-agent.ts";

/**
 * The parts after a message. A part that it carries replaces the one before wholly (S-40), one that
 * it leaves out is unchanged (S-39), or gone when the message says all that the agent has. What says
 * the same stays the same object.
 */
export function mergeParts(
  before: StatusParts,
  message: AgentToServer,
  continuity: Continuity,
): StatusParts {
  let after = before;
  for (const part of statusParts) {
    const reported = message[part];
    if (reported !== undefined) after = withPart(after, part, reported);
    else if (before[part] !== undefined && isGone(part, message, continuity)) {
      after = { ...after, [part]: undefined };
    }
  }
  return after;
}

function withPart<P extends StatusPart>(
  parts: StatusParts,
  part: P,
  reported: StatusPartValue<P>,
): StatusParts {
  const value = keptOf(part, reported);
  if (equalStatusParts(part, value, parts[part])) return parts;
  // A copy keeps no buffer of the network alive.
  return { ...parts, [part]: copyStatusPart(part, value as Parameters<typeof copyStatusPart>[1]) };
}

function keptOf<P extends StatusPart>(part: P, value: StatusPartValue<P>): StatusPartValue<P>;
function keptOf(part: StatusPart, value: object): object {
  return part === "availableComponents"
    ? withoutMap(value as StatusPartValue<"availableComponents">)
    : value;
}

/** Whether a part that a message leaves out is not there any more. */
function isGone(
  part: StatusPart,
  { capabilities }: AgentToServer,
  continuity: Continuity,
): boolean {
  switch (continuity) {
    case "start":
      return true;
    case "complete":
      // It left out nothing that it may report; what it may not report any more is kept.
      return false;
    case "full-report":
      return isReportable(part, capabilities);
    case "next":
    case "repeated":
    case "broken":
      return false;
    default:
      return continuity satisfies never;
  }
}
