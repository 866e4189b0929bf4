import {
  type EventLoopUtilization,
  type IntervalHistogram,
  monitorEventLoopDelay,
  performance,
} from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import type { Meter } from "@opentelemetry/api";

/** What costs something while it is measured. */
export interface RuntimeMetrics {
  start(): void;
  stop(): void;
}

/** Metrics of Node.js and V8 by OpenTelemetry's conventions for them. */
export function createRuntimeMetrics(meter: Meter): RuntimeMetrics {
  createHeapMetrics(meter);
  createUtilization(meter);
  return createDelays(meter);
}

const heapMetrics = [
  ["v8js.memory.heap.used", "space_used_size", "Heap Memory size allocated."],
  [
    "v8js.memory.heap.space.size",
    "space_size",
    "Total heap memory size pre-allocated for a heap space.",
  ],
  ["v8js.memory.heap.space.available_size", "space_available_size", "Heap space available size."],
  [
    "v8js.memory.heap.space.physical_size",
    "physical_space_size",
    "Committed size of a heap space.",
  ],
] as const;

function createHeapMetrics(meter: Meter): void {
  for (const [name, member, description] of heapMetrics) {
    meter.createObservableUpDownCounter(name, { description, unit: "By" }).addCallback((result) => {
      for (const space of getHeapSpaceStatistics()) {
        result.observe(space[member], { "v8js.heap.space.name": space.space_name });
      }
    });
  }
}

function createUtilization(meter: Meter): void {
  let last: EventLoopUtilization | undefined;
  meter
    .createObservableGauge("nodejs.eventloop.utilization", {
      description: "Event loop utilization.",
      unit: "1",
    })
    .addCallback((result) => {
      const now = performance.eventLoopUtilization();
      result.observe(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    });
  meter
    .createObservableCounter("nodejs.eventloop.time", {
      description: "Cumulative duration of time the event loop has been in each state.",
      unit: "s",
    })
    .addCallback((result) => {
      const { active, idle } = performance.eventLoopUtilization();
      result.observe(active / 1000, { "nodejs.eventloop.state": "active" });
      result.observe(idle / 1000, { "nodejs.eventloop.state": "idle" });
    });
}

const delays: readonly (readonly [name: string, read: (delay: IntervalHistogram) => number])[] = [
  ["min", (delay) => delay.min],
  ["max", (delay) => delay.max],
  ["mean", (delay) => delay.mean],
  ["stddev", (delay) => delay.stddev],
  ["p50", (delay) => delay.percentile(50)],
  ["p90", (delay) => delay.percentile(90)],
  ["p99", (delay) => delay.percentile(99)],
];

const NANOSECONDS_PER_SECOND = 1e9;

/** Between two reports. */
function createDelays(meter: Meter): RuntimeMetrics {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const gauges = delays.map(([name, read]) => {
    const description = `Event loop delay: ${name}.`;
    const gauge = meter.createObservableGauge(`nodejs.eventloop.delay.${name}`, {
      description,
      unit: "s",
    });
    return { gauge, read };
  });
  meter.addBatchObservableCallback(
    (result) => {
      if (delay.count === 0) return;
      for (const { gauge, read } of gauges)
        result.observe(gauge, read(delay) / NANOSECONDS_PER_SECOND);
      delay.reset();
    },
    gauges.map(({ gauge }) => gauge),
  );
  return { start: () => void delay.enable(), stop: () => void delay.disable() };
}
