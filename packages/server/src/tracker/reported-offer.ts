import { ConnectionSettingsStatuses, RemoteConfigStatuses } from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { OfferKind, OfferMade, OffersMade } from "./offers-made.ts";
import { offerKinds } from "./offers-made.ts";
import type { StatusParts } from "./tracked-agent.ts";

/** What an agent says about the last offer of a kind. */
export interface ReportedOffer {
  /** Undefined when it had none (A-16, S-61). */
  readonly hash: Uint8Array | undefined;
  readonly failed: boolean;
}

/** The part in which an agent reports on a kind, and the capability to do so. */
export const reportRules = {
  remoteConfig: { part: "remoteConfigStatus", capability: "ReportsRemoteConfig" },
  packagesAvailable: { part: "packageStatuses", capability: "ReportsPackageStatuses" },
  connectionSettings: {
    part: "connectionSettingsStatus",
    capability: "ReportsConnectionSettingsStatus",
  },
} as const;

/** What the status parts say about the last offer of a kind. */
export function reportedOffer(kind: OfferKind, parts: StatusParts): ReportedOffer {
  switch (kind) {
    case "remoteConfig": {
      const { remoteConfigStatus } = parts;
      const failed = remoteConfigStatus?.status === RemoteConfigStatuses.FAILED;
      return { hash: filled(remoteConfigStatus?.lastRemoteConfigHash), failed };
    }
    case "packagesAvailable":
      // A failed install is reported under the hash that was offered: the hashes agree (S-115).
      return { hash: filled(parts.packageStatuses?.serverProvidedAllPackagesHash), failed: false };
    case "connectionSettings": {
      const { connectionSettingsStatus } = parts;
      const failed = connectionSettingsStatus?.status === ConnectionSettingsStatuses.FAILED;
      return { hash: filled(connectionSettingsStatus?.lastConnectionSettingsHash), failed };
    }
    default:
      return kind satisfies never;
  }
}

function filled(hash: Uint8Array | undefined): Uint8Array | undefined {
  return hash === undefined || hash.length === 0 ? undefined : hash;
}

/** Whether the agent said everything that it has, or that and that it began a new life. */
export type Completeness = "some" | "all" | "all-anew";

/** The offers made, with what the agent's report says about them. */
export function noteReported(
  offers: OffersMade,
  parts: StatusParts,
  completeness: Completeness,
): OffersMade {
  let after = offers;
  for (const kind of offerKinds) {
    const made = offers[kind];
    if (made === undefined) continue;
    const outcome = outcomeAfter(made, reportedOffer(kind, parts), completeness);
    if (outcome !== made.outcome) after = { ...after, [kind]: { ...made, outcome } };
  }
  return after;
}

function outcomeAfter(
  made: OfferMade,
  reported: ReportedOffer,
  completeness: Completeness,
): OfferMade["outcome"] {
  if (reported.hash === undefined) {
    const forgets =
      completeness === "all-anew" || (completeness === "all" && made.outcome === "failed");
    return forgets ? "forgotten" : made.outcome;
  }
  if (!equalBytes(reported.hash, made.hash)) return made.outcome;
  return reported.failed ? "failed" : "open";
}
