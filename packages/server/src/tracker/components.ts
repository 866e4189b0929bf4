import type { AvailableComponents } from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import { attemptAgain, isOverdue, type Moment, type Spacing } from "./attempt.ts";
import { type ComponentsRequest, can, type TrackedAgent } from "./tracked-agent.ts";

const spacing: Spacing = { firstMs: 60_000, maxMs: 3_600_000 };

/** The hash alone: agents with the same components share one map, kept elsewhere (S-119). */
export function withoutMap(components: AvailableComponents): AvailableComponents {
  return { ...components, components: {} };
}

/** Whether a report carries the map and not only the hash. */
export function hasMap({ components }: AvailableComponents): boolean {
  for (const _ in components) return true;
  return false;
}

/**
 * The question for the map of an agent's components, when it is to be asked now: its hash is not
 * known, and it was not asked for this one just before (S-118).
 */
export function dueComponentsRequest(
  known: TrackedAgent,
  moment: Moment,
  isWanted: (hash: Uint8Array) => boolean,
): ComponentsRequest | undefined {
  const hash = known.parts.availableComponents?.hash;
  if (hash === undefined || hash.length === 0) return undefined;
  if (!can(known, "ReportsAvailableComponents") || !isWanted(hash)) return undefined;
  const before = known.componentsRequest;
  const isSame = before !== undefined && equalBytes(hash, before.hash);
  if (isSame && !isOverdue(before, moment.nowMs, spacing)) return undefined;
  return { ...attemptAgain(isSame ? before : undefined, moment), hash };
}
