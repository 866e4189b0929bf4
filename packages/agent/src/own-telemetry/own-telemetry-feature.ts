import type { Feature, FeatureContext } from "../feature.ts";
import type { TelemetryEngine } from "./telemetry-engine.ts";

/** Takes offers of destinations for own telemetry. */
export function createOwnTelemetryFeature(
  engine: TelemetryEngine,
  { activities, stopMs }: FeatureContext,
): Feature {
  activities.observe(engine.observer);
  return {
    capabilities: engine.capabilities,
    takeConnectionSettings: async (offers) => engine.take(offers),
    close: () => engine.close(stopMs),
  };
}
