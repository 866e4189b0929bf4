import type { TrackerStats } from "../tracker/tracker-stats.ts";
import { type Metric, pointsByName } from "./metric.ts";

/** What `observeTracker` makes of the statistics of a tracker. */
export const trackerMetrics: readonly Metric<TrackerStats>[] = [
  {
    name: "opamp.tracker.agent.count",
    instrument: "up-down counter",
    unit: "{agent}",
    description: "Agents in memory, by how they are reached.",
    attributes: ["opamp.agent.presence"],
    points: ({ agents }) =>
      Object.entries(agents).map(([presence, value]) => ({
        value,
        attributes: { "opamp.agent.presence": presence },
      })),
  },
  {
    name: "opamp.tracker.callback.failed",
    instrument: "counter",
    unit: "{call}",
    description: "Calls of `onEvent` that threw or rejected.",
    attributes: ["opamp.callback.name"],
    points: ({ callbackFailures }) => pointsByName(callbackFailures, "opamp.callback.name"),
  },
];
