import type { ServerToAgentInit } from "@opamp/protocol";
import { attemptAgain } from "./attempt.ts";
import { grantedBits } from "./permitted-offer.ts";
import { type AnswerContext, momentOf } from "./track-context.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

/**
 * What is known when the application itself offers connection settings, such as a certificate that
 * was asked for: they count as offered, and are not offered at once once more.
 */
export function withOwnOffer(
  known: TrackedAgent,
  { connectionSettings }: ServerToAgentInit,
  context: AnswerContext,
): TrackedAgent {
  const hash = connectionSettings?.hash;
  if (hash === undefined || hash.length === 0) return known;
  const desired = { connectionSettings: { ...connectionSettings, hash } };
  const granted = grantedBits("connectionSettings", desired, known.capabilities);
  const attempt = attemptAgain(undefined, momentOf(known, context));
  const made = { ...attempt, hash, granted, outcome: "open" } as const;
  return { ...known, offers: { ...known.offers, connectionSettings: made } };
}
