import {
  type AgentToServer,
  equalStatusParts,
  type StatusPart,
  statusParts,
} from "@opamp/protocol";
import { carriedBits } from "./carried.ts";
import { withoutMap } from "./components.ts";
import { hasEveryPart, hasPromisedParts } from "./expected-parts.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

/** How a message follows what is known of an agent. */
export type Continuity =
  /** It is the one after the last: what it leaves out is unchanged. */
  | "next"
  /** It is the last one once more. */
  | "repeated"
  /** It begins a life of the agent, and says all that it has. */
  | "start"
  /** Others are missing before it, but it leaves out nothing. */
  | "complete"
  /** It answers the question for the full state. */
  | "full-report"
  /** Others are missing before it, or nothing was known at all (S-26, S-29). */
  | "broken";

/** Says how a message follows what is known. */
export function continuityOf(known: TrackedAgent | undefined, message: AgentToServer): Continuity {
  if (known !== undefined && isRepeated(known, message)) return "repeated";
  if (known !== undefined && isFullReport(known, message)) return "full-report";
  if (known?.recovery === undefined && message.sequenceNum === nextOf(known)) return "next";
  if (isFirst(message) && hasPromisedParts(message)) return "start";
  if (hasEveryPart(message, known?.parts)) return "complete";
  return message.sequenceNum === nextOf(known) ? "next" : "broken";
}

/** Some agents count from 0, some from 1. */
function isFirst({ sequenceNum }: AgentToServer): boolean {
  return sequenceNum === 0n || sequenceNum === 1n;
}

/** Whether nothing lies between the last message and one with this number. */
export function nextOf(known: TrackedAgent | undefined): bigint | undefined {
  return known && BigInt.asUintN(64, known.sequenceNum + 1n);
}

/** The same number and the same content; another content would be another message (S-26). */
function isRepeated(known: TrackedAgent, message: AgentToServer): boolean {
  return (
    message.sequenceNum === known.sequenceNum &&
    message.capabilities === known.capabilities &&
    carriedBits(message) === known.carried &&
    statusParts.every((part) => saysTheSame(part, known, message))
  );
}

function saysTheSame(part: StatusPart, { parts }: TrackedAgent, message: AgentToServer): boolean {
  if (message[part] === undefined) return true;
  if (part === "availableComponents") {
    const { availableComponents } = message;
    const hashOnly = availableComponents && withoutMap(availableComponents);
    return equalStatusParts(part, hashOnly, parts.availableComponents);
  }
  return equalStatusParts(part, message[part], parts[part]);
}

/**
 * Whether the question was answered: all that is promised is there. What an agent reports of its own
 * accord holds all that at most in its first message, or by a rare chance.
 */
function isFullReport({ recovery }: TrackedAgent, message: AgentToServer): boolean {
  if (recovery === undefined || recovery.attempts === 0) return false;
  return message.sequenceNum > recovery.atSequence && hasPromisedParts(message);
}
