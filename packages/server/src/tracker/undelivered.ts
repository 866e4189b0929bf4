import type { ServerToAgentInit } from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import { offerKinds } from "./offers-made.ts";
import { reportedOffer, reportRules } from "./reported-offer.ts";
import { can, type TrackedAgent } from "./tracked-agent.ts";

/** What is known when a message did not reach the agent: what it told is to be told again. */
export function undelivered(known: TrackedAgent, message: ServerToAgentInit): TrackedAgent {
  if (Object.keys(message).length === 0) return known;
  const { recovery, componentsRequest } = known;
  const asked = message.flags !== undefined && message.flags !== 0n;
  let { offers } = known;
  for (const kind of offerKinds) {
    const made = offers[kind];
    if (made === undefined || message[kind] === undefined) continue;
    const attempts = Math.max(0, made.attempts - 1);
    offers = { ...offers, [kind]: { ...made, attempts, outcome: "forgotten" } };
  }
  return {
    ...known,
    offers,
    recovery: asked && recovery !== undefined ? { ...recovery, attempts: 0 } : recovery,
    componentsRequest: asked ? undefined : componentsRequest,
  };
}

/** What is known when what an agent failed at is to be offered to it once more. */
export function withoutFailures(known: TrackedAgent): TrackedAgent {
  let { offers } = known;
  for (const kind of offerKinds) {
    const made = offers[kind];
    if (made?.outcome !== "failed") continue;
    offers = { ...offers, [kind]: { ...made, attempts: 0, outcome: "forgotten" } };
  }
  return { ...known, offers };
}

/**
 * What is known of an agent whose last message went to another process: connection settings may have
 * been lost with that, unless the agent says that it got them. Other offers are made again on any
 * other connection.
 */
export function takenOver(known: TrackedAgent): TrackedAgent {
  const { connectionSettings: made } = known.offers;
  const reports = can(known, reportRules.connectionSettings.capability);
  if (made?.outcome !== "open" || !reports) return known;
  if (equalBytes(made.hash, reportedOffer("connectionSettings", known.parts).hash)) return known;
  const connectionSettings = { ...made, outcome: "forgotten" } as const;
  return { ...known, offers: { ...known.offers, connectionSettings } };
}
