import type { ServerToAgentInit } from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import { attemptAgain, isOverdue, type Moment, type Spacing } from "./attempt.ts";
import type { Desired } from "./desired.ts";
import { type OfferKind, type OfferMade, type OffersMade, offerKinds } from "./offers-made.ts";
import { desiredHash, grantedBits, offerMessage } from "./permitted-offer.ts";
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
  readonly made: readonly { readonly kind: OfferKind; readonly hash: Uint8Array }[];
}

/** What an agent is to be offered now, each kind in its last version only (S-129). */
export function dueOffers(
  known: TrackedAgent,
  desired: Desired,
  now: { readonly moment: Moment; readonly occasion: Occasion },
): DueOffers | undefined {
  let due: DueOffers | undefined;
  for (const kind of offerKinds) {
    const hash = desiredHash(kind, desired);
    if (hash === undefined) continue;
    const granted = grantedBits(kind, desired, known.capabilities);
    if (granted === 0n || !isDue(kind, { known, hash, granted }, now)) continue;
    const made = offerMade({ known, hash, granted }, known.offers[kind], now.moment);
    due = {
      message: { ...due?.message, ...offerMessage(kind, desired, granted) },
      offers: { ...(due?.offers ?? known.offers), [kind]: made },
      made: [...(due?.made ?? []), { kind, hash }],
    };
  }
  return due;
}

/**
 * Whether nothing is due, and nothing will be by time alone: as long as the agent reports nothing new
 * and nothing else is desired.
 */
export function isSettled(known: TrackedAgent, desired: Desired): boolean {
  return offerKinds.every((kind) => {
    const hash = desiredHash(kind, desired);
    const granted = grantedBits(kind, desired, known.capabilities);
    if (hash === undefined || granted === 0n) return true;
    const made = sameOffer(known.offers[kind], hash);
    if (made !== undefined && (granted & ~made.granted) !== 0n) return false;
    const reports = can(known, reportRules[kind].capability);
    if (reports && isSame(hash, reportedOffer(kind, known.parts).hash)) return true;
    return made?.outcome === "failed" || (made?.outcome === "open" && !reports);
  });
}

/** What an agent might be offered. */
interface Candidate {
  readonly known: TrackedAgent;
  readonly hash: Uint8Array;
  /** The capability bits that permit it. */
  readonly granted: bigint;
}

function isDue(
  kind: OfferKind,
  { known, hash, granted }: Candidate,
  { moment, occasion }: { readonly moment: Moment; readonly occasion: Occasion },
): boolean {
  const made = sameOffer(known.offers[kind], hash);
  if (made !== undefined && (granted & ~made.granted) !== 0n) return true;
  const reports = can(known, reportRules[kind].capability);
  if (reports && isSame(hash, reportedOffer(kind, known.parts).hash)) return false;
  if (made === undefined) return true;
  if (made.outcome === "failed") return false;
  if (occasion.repeated && made.atSequence === known.sequenceNum) return true;
  if (made.outcome === "forgotten") return mayRepeat(made, moment);
  // Whether an agent that never says so has got an offer cannot be known (S-79).
  if (!reports) return false;
  const isPrompted = occasion.reportedKinds.includes(kind) || hasReconnected(kind, made, moment);
  return isPrompted ? mayRepeat(made, moment) : isOverdue(made, moment.nowMs, spacing);
}

function sameOffer(made: OfferMade | undefined, hash: Uint8Array): OfferMade | undefined {
  return isSame(hash, made?.hash) ? made : undefined;
}

function isSame(hash: Uint8Array, other: Uint8Array | undefined): boolean {
  return hash === other || equalBytes(hash, other);
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
  { hash, granted }: Candidate,
  last: OfferMade | undefined,
  moment: Moment,
): OfferMade {
  const before = sameOffer(last, hash);
  return {
    ...attemptAgain(before, moment),
    hash,
    granted: granted | (before?.granted ?? 0n),
    outcome: "open",
  };
}
