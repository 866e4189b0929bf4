import {
  type ComponentHealthInit,
  copyStatusPart,
  describeThrown,
  OpAMPError,
} from "@opamp/protocol";
import type { Feature, FeatureContext } from "./feature.ts";

export function createHealthFeature(
  health: ComponentHealthInit,
  { startTimeUnixNano }: FeatureContext,
): Feature {
  return {
    capabilities: ["ReportsHealth"],
    startSettings: { health: completedHealth(health, startTimeUnixNano) },
  };
}

/** Throws `invalid-argument` for what a program in JavaScript may give: `true`, a misspelt member. */
export function assertHealth(name: string, health: unknown): void {
  if (typeof health === "object" && health !== null && !Array.isArray(health)) {
    // It refuses what does not fit.
    copyStatusPart("health", health);
    return;
  }
  throw new OpAMPError(
    "invalid-argument",
    `${name} is ${describeThrown(health)}; expected such as { healthy: true }`,
  );
}

/** Since when the agent runs (C-90), and that something is wrong (C-91), is said also where the user did not. */
export function completedHealth(
  health: ComponentHealthInit,
  startTimeUnixNano: bigint,
): ComponentHealthInit {
  const lastError = health.lastError || health.status || "unhealthy";
  return { startTimeUnixNano, ...health, ...(!health.healthy && { lastError }) };
}
