import type { Meter } from "@opentelemetry/api";
import { type DataPoint, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";

/** The SDK of OpenTelemetry, collecting when it is asked to. */
export interface CollectedMetrics extends AsyncDisposable {
  readonly meter: Meter;
  /** By the name of the metric, then by its attributes: `opamp.transport=http`. */
  collect(): Promise<Record<string, Record<string, unknown>>>;
  /** The names and units that were collected last. */
  readonly units: Readonly<Record<string, string>>;
}

class Reader extends MetricReader {
  protected async onShutdown(): Promise<void> {}
  protected async onForceFlush(): Promise<void> {}
}

export function createCollectedMetrics(): CollectedMetrics {
  const reader = new Reader();
  const provider = new MeterProvider({ readers: [reader] });
  let units: Record<string, string> = {};
  return {
    meter: provider.getMeter("test"),
    get units() {
      return units;
    },
    async collect() {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw new AggregateError(errors);
      const found = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
      units = Object.fromEntries(found.map(({ descriptor }) => [descriptor.name, descriptor.unit]));
      return Object.fromEntries(
        found.map(({ descriptor, dataPoints }) => [descriptor.name, seriesOf(dataPoints)]),
      );
    },
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}

function seriesOf(points: readonly DataPoint<unknown>[]): Record<string, unknown> {
  return Object.fromEntries(
    points.map(({ attributes, value }) => {
      const pairs = Object.entries(attributes).map(([name, one]) => `${name}=${String(one)}`);
      return [pairs.toSorted().join(" "), value];
    }),
  );
}
