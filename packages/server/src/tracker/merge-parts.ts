import {
  type AgentToServer,
  equalStatusParts,
  type StatusPart,
  type StatusPartInit,
  statusParts,
} from "@opamp/protocol";
import { decodeStatusPart, encodeStatusPart, equalBytes } from "@opamp/protocol/internal";
import { withoutMap } from "./components.ts";
import type { Continuity } from "./continuity.ts";
import { encodingOf, partsWith } from "./encoded-parts.ts";
import { isReportable } from "./expected-parts.ts";
import type { StatusParts } from "./tracked-agent.ts";

/** Parts, and which of them are other than before, in the order of `statusParts`. */
export interface MergedParts {
  readonly parts: StatusParts;
  readonly changed: readonly StatusPart[];
}

/**
 * The parts after a message. A part that it carries replaces the one before wholly (S-40), one that
 * it leaves out is unchanged (S-39), or gone when the message says all that the agent has. When all
 * say the same as before, they stay the same object.
 */
export function mergeParts(
  before: StatusParts,
  message: AgentToServer,
  continuity: Continuity,
): MergedParts {
  const changes = new Map<StatusPart, Uint8Array | undefined>();
  for (const part of statusParts) {
    const known = encodingOf(before, part);
    const reported = encodingIn(message, part);
    if (reported !== undefined) {
      if (!isSame(part, reported, known)) changes.set(part, reported);
    } else if (known !== undefined && isGone(part, message, continuity)) {
      changes.set(part, undefined);
    }
  }
  if (changes.size === 0) return { parts: before, changed: [] };
  return { parts: partsWith(before, changes), changed: [...changes.keys()] };
}

function encodingIn(message: AgentToServer, part: StatusPart): Uint8Array | undefined {
  const reported: StatusPartInit<StatusPart> | undefined =
    part === "availableComponents" && message.availableComponents !== undefined
      ? withoutMap(message.availableComponents)
      : message[part];
  return reported && encodeStatusPart(part, reported);
}

/** Maps have no order: the same may be written in another one. */
function isSame(part: StatusPart, reported: Uint8Array, known: Uint8Array | undefined): boolean {
  if (known?.length !== reported.length) return false;
  if (equalBytes(known, reported)) return true;
  return equalStatusParts(part, decodeStatusPart(part, reported), decodeStatusPart(part, known));
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
