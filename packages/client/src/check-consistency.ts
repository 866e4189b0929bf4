import { type AgentCapability, agentHasCapability, OpAMPError } from "@opamp/protocol";
import type { CallbackGuard } from "./callback-guard.ts";
import type { ReportedState } from "./reported-state.ts";

export interface ConsistencyParts {
  readonly state: ReportedState;
  readonly guard: CallbackGuard;
  /** Whether there is a place for packages. */
  readonly keepsPackages: boolean;
}

/** Throws `invalid-argument` when a declared capability lacks what it takes to live up to it. */
export function checkConsistency(
  capabilityBits: bigint,
  { state, guard, keepsPackages }: ConsistencyParts,
): void {
  const demand = (capability: AgentCapability, isThere: boolean, what: string): void => {
    if (!agentHasCapability(capabilityBits, capability) || isThere) return;
    throw new OpAMPError("invalid-argument", `the capability ${capability} needs ${what}`);
  };
  demand("ReportsHealth", state.get("health") !== undefined, "settings.health");
  demand(
    "ReportsAvailableComponents",
    (state.get("availableComponents")?.hash.length ?? 0) > 0,
    "settings.availableComponents with a hash",
  );
  demand(
    "ReportsEffectiveConfig",
    guard.has("getEffectiveConfig"),
    "settings.callbacks.getEffectiveConfig",
  );
  // Either alone is right (C-199), and an agent may do without a provider; not so the other way.
  if (!keepsPackages) return;
  const forPackages = ["AcceptsPackages", "ReportsPackageStatuses"] as const;
  if (forPackages.some((capability) => agentHasCapability(capabilityBits, capability))) return;
  throw new OpAMPError(
    "invalid-argument",
    `settings.packagesStateProvider needs the capability ${forPackages.join(" or ")}`,
  );
}
