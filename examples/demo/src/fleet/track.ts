import type { AgentToServer, InstanceUid } from "@opamp/protocol";
import {
  type AgentRecord,
  type KnownParts,
  partsOf,
  promisedParts,
  type Recovery,
} from "./agent-record.ts";

export interface Report {
  readonly uid: InstanceUid;
  readonly message: AgentToServer;
  readonly link: string;
}

export interface Tracked {
  readonly record: AgentRecord;
  /** Whether the answer has to ask for the full state. */
  readonly asksFullState: boolean;
}

/** What is known of an agent after a message, given what was known before. */
export function track(before: AgentRecord | undefined, report: Report): Tracked {
  const { uid, message, link } = report;
  const { capabilities, sequenceNum } = message;
  const recoveryBefore = before?.link === link ? before.recovery : "none";
  const isAnswer = recoveryBefore === "asked" && message.agentDescription !== undefined;
  const reported = partsOf(message);
  // A part left out is unchanged, except in an answer to the question for all of them.
  const parts = isAnswer ? reported : { ...before?.parts, ...reported };
  const recovery = nextRecovery({
    before: recoveryBefore,
    isAnswer,
    lacksParts: lacks(parts, capabilities),
    missedMessages: isGap(before, sequenceNum) && lacks(reported, capabilities),
  });
  const asksAgain = recoveryBefore === "asked" && link === "http";
  return {
    record: { uid, capabilities, parts, sequenceNum, link, recovery },
    asksFullState: recovery === "asked" && (recoveryBefore !== "asked" || asksAgain),
  };
}

interface Findings {
  readonly before: Recovery;
  readonly isAnswer: boolean;
  readonly lacksParts: boolean;
  readonly missedMessages: boolean;
}

function nextRecovery({ before, isAnswer, lacksParts, missedMessages }: Findings): Recovery {
  if (isAnswer) return lacksParts ? "exhausted" : "none";
  if (before === "asked" || missedMessages) return "asked";
  if (!lacksParts) return "none";
  return before === "exhausted" ? "exhausted" : "asked";
}

function isGap(before: AgentRecord | undefined, sequenceNum: bigint): boolean {
  return before !== undefined && sequenceNum !== before.sequenceNum + 1n;
}

function lacks(parts: KnownParts, capabilities: bigint): boolean {
  return promisedParts(capabilities).some((part) => parts[part] === undefined);
}
