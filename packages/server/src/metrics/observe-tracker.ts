import type { Meter } from "@opentelemetry/api";
import type { AgentTracker } from "../tracker/agent-tracker.ts";
import { observe } from "./metric.ts";
import { trackerMetrics } from "./tracker-metrics.ts";

/** Reports the agents of a tracker as metrics of OpenTelemetry. Returns how to stop. */
export function observeTracker(tracker: AgentTracker, meter: Meter): () => void {
  return observe(meter, trackerMetrics, () => tracker.stats());
}
