import type { ComponentHealthInit } from "@opamp/protocol";
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

/** Since when the agent runs (C-90), and that something is wrong (C-91), is said also where the user did not. */
export function completedHealth(
  health: ComponentHealthInit,
  startTimeUnixNano: bigint,
): ComponentHealthInit {
  const lastError = health.lastError || health.status || "unhealthy";
  return { startTimeUnixNano, ...health, ...(!health.healthy && { lastError }) };
}
