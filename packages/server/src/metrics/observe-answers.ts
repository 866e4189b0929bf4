import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Meter } from "@opentelemetry/api";
import type { ServerEvents } from "../observe/diagnostics.ts";

/** The event that says how long an answer took. */
const CHANNEL = "opamp.server.message.answered";

/** What `observeAnswers` measures. */
export const answerMetric = {
  name: "opamp.server.answer.duration",
  instrument: "histogram",
  unit: "s",
  description: "From taking up a message until its answer is written.",
  attributes: ["opamp.transport"],
} as const;

const buckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];

/**
 * Measures how long the servers of this process take to answer. It costs each message a look at the
 * clock and a record, so it is apart from `observeServer`. Returns how to stop.
 */
export function observeAnswers(meter: Meter): () => void {
  const { name, unit, description } = answerMetric;
  const durations = meter.createHistogram(name, {
    unit,
    description,
    advice: { explicitBucketBoundaries: buckets },
  });
  const record = (event: unknown): void => {
    const { durationMs, transport } = event as ServerEvents[typeof CHANNEL];
    durations.record(durationMs / 1000, { "opamp.transport": transport });
  };
  subscribe(CHANNEL, record);
  return () => void unsubscribe(CHANNEL, record);
}
