import type { ComponentHealthInit } from "@opamp/protocol";
import type { Feature } from "./feature.ts";

export function createHealthFeature(health: ComponentHealthInit): Feature {
  return { capabilities: ["ReportsHealth"], startSettings: { health } };
}
