import type { ServerToAgentInit } from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import { attemptAgain, isOverdue, type Moment, type Spacing } from "./attempt.ts";
import type { Desired } from "./desired.ts";
import { type OfferKind, type OfferMade, type OffersMade, offerKinds } from "./offers-made.ts";
import { type PermittedOffer, permittedOffer } from "./permitted-offer.ts";
import { reportedOffer, reportRules } from "./reported-offer.ts";
import { can, type TrackedAgent } from "./tracked-agent.ts";

const spacing: Spacing = { firstMs: 60_000, maxMs: 3_600_000 };

/** The same offer goes out that often without waiting, if there is a reason for it each time. */
const MAX_PROMPT_ATTEMPTS = 3;

/** What else is known of the moment at which offers are due. */
export interface Occasion {
  /** The kinds whose status the message carried. */
  readonly reportedKinds: readonly OfferKind[];
  /** The message is the last one once more: its answer was lost. */
  readonly repeated: boolean;
}

/** Offers that go out now. */
export interface DueOffers {
  readonly message: ServerToAgentInit;
  readonly offers: OffersMade;
  readonly kinds: readonly OfferKind[];
}

/** What an agent is to be offered now, each kind in its last version only (S-129). */
export function dueOffers(
  known: TrackedAgent,
  desired: Desired,
  now: { readonly moment: Moment; readonly occasion: Occasion },
): DueOffers {
  let message: ServerToAgentInit = {};
  let offers = known.offers;
  const kinds: OfferKind[] = [];
  for (const kind of offerKinds) {
    const offer = permittedOffer(kind, desired, known.capabilities);
    if (offer === undefined || !isDue(kind, { known, offer, ...now })) continue;
    message = { ...message, ...offer.message() };
    offers = { ...offers, [kind]: offerMade(offer, known.offers[kind], now.moment) };
    kinds.push(kind);
  }
  return { message, offers, kinds };
}

interface Question {
  readonly known: TrackedAgent;
  readonly offer: PermittedOffer;
  readonly moment: Moment;
  readonly occasion: Occasion;
}

function isDue(kind: OfferKind, { known, offer, moment, occasion }: Question): boolean {
  const last = known.offers[kind];
  const made = last !== undefined && equalBytes(last.hash, offer.hash) ? last : undefined;
  if (made !== undefined && (offer.granted & ~made.granted) !== 0n) return true;
  const reports = can(known, reportRules[kind].capability);
  const reported = reportedOffer(kind, known.parts);
  if (reports && reported.hash !== undefined && equalBytes(reported.hash, offer.hash)) return false;
  if (made === undefined) return true;
  if (made.outcome === "failed") return false;
  if (occasion.repeated && made.atSequence === known.sequenceNum) return true;
  if (made.outcome === "forgotten") return mayRepeat(made, moment);
  // Whether an agent that never says so has got an offer cannot be known (S-79).
  if (!reports) return false;
  const isPrompted = occasion.reportedKinds.includes(kind) || hasReconnected(kind, made, moment);
  return isPrompted ? mayRepeat(made, moment) : isOverdue(made, moment.nowMs, spacing);
}

/** To take on connection settings is to reconnect: that alone is no reason to offer them again. */
function hasReconnected(kind: OfferKind, made: OfferMade, { link }: Moment): boolean {
  return made.link !== link && kind !== "connectionSettings";
}

/** However odd an agent answers, it is not offered the same over and over. */
function mayRepeat(made: OfferMade, { nowMs }: Moment): boolean {
  return made.attempts < MAX_PROMPT_ATTEMPTS || isOverdue(made, nowMs, spacing);
}

function offerMade(
  { hash, granted }: PermittedOffer,
  last: OfferMade | undefined,
  moment: Moment,
): OfferMade {
  const before = last !== undefined && equalBytes(last.hash, hash) ? last : undefined;
  return {
    ...attemptAgain(before, moment),
    hash,
    granted: granted | (before?.granted ?? 0n),
    outcome: "open",
  };
}
