import type { ServerToAgentInit } from "@opamp/protocol";
import { offerKinds } from "./offers-made.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

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
