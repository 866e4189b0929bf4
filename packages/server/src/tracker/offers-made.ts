import type { Attempt } from "./attempt.ts";
import type { Desired } from "./desired.ts";

/** The fields of ServerToAgent that hold an offer. */
export const offerKinds = ["remoteConfig", "packagesAvailable", "connectionSettings"] as const;

export type OfferKind = (typeof offerKinds)[number] & keyof Desired;

/** The last offer of a kind that an agent was made. */
export interface OfferMade extends Attempt {
  readonly hash: Uint8Array;
  /** The capability bits that let parts of it be offered. */
  readonly granted: bigint;
  readonly outcome: OfferOutcome;
}

export type OfferOutcome =
  | "open"
  /** The agent reported that it failed: it is not offered again by itself (S-68, L-13). */
  | "failed"
  /** The agent does not know of it any more, or never got it. */
  | "forgotten";

export type OffersMade = { readonly [K in OfferKind]?: OfferMade };
