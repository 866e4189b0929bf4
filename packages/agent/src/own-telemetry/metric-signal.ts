import type { Clock } from "@opamp/protocol";
import type { MeterProvider } from "@opentelemetry/api";
import type { MetricReader } from "@opentelemetry/sdk-metrics";
import { createInterval } from "./interval.ts";
import { metricOffers } from "./offer-class.ts";
import type { Outlet } from "./outlet.ts";
import { createProcessMetrics } from "./process-metrics.ts";
import { createRuntimeMetrics } from "./runtime-metrics.ts";
import { createResource, SCOPE, type Signal, type SignalOptions } from "./signal.ts";
import type { TelemetrySdk } from "./telemetry-sdk.ts";

export interface MetricSignal extends Signal {
  readonly provider: MeterProvider;
}

export interface MetricSignalOptions extends SignalOptions {
  readonly intervalMs: number;
  readonly clock: Clock;
}

/** Metrics of this process, and those that the program adds, at an interval (C-130 to C-132). */
export function createMetricSignal(options: MetricSignalOptions): MetricSignal {
  const { sdk, intervalMs: ms, clock } = options;
  const reader = createReader(sdk);
  const provider = new sdk.metrics.MeterProvider({
    readers: [reader],
    resource: sdk.resources.emptyResource(),
  });
  const meter = provider.getMeter(SCOPE);
  createProcessMetrics(meter);
  const runtime = createRuntimeMetrics(meter);
  return {
    offers: metricOffers,
    provider,
    open(outlet) {
      const report = createReport(reader, outlet, options);
      const interval = createInterval(report, { ms, clock });
      runtime.start();
      return () => {
        interval.stop();
        runtime.stop();
        return report();
      };
    },
  };
}

/** Reads when it is told to: the SDK's periodic reader could not rest while there is no destination. */
function createReader({ metrics }: TelemetrySdk): MetricReader {
  class Reader extends metrics.MetricReader {
    protected override async onShutdown(): Promise<void> {}
    protected override async onForceFlush(): Promise<void> {}
  }
  return new Reader();
}

function createReport(
  reader: MetricReader,
  outlet: Outlet,
  { sdk, resource }: SignalOptions,
): () => Promise<void> {
  const { ProtobufMetricsSerializer: serializer } = sdk.transformer;
  return () =>
    outlet.send(async () => {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) sdk.api.diag.error("metrics that could not be observed", ...errors);
      const metrics = { ...resourceMetrics, resource: createResource(sdk, resource()) };
      return serializer.serializeRequest(metrics);
    });
}
