import { type Attributes, describeThrown } from "@opamp/protocol";
import type { TracerProvider } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { ActivityObserver } from "../activities.ts";
import { createBatchExporter } from "./batch-exporter.ts";
import { traceOffers } from "./offer-class.ts";
import { otelAttributes } from "./otel-attributes.ts";
import { BATCH_MS, EXPORT_TIMEOUT_MS, SCOPE, type Signal, type SignalOptions } from "./signal.ts";
import type { TelemetrySdk } from "./telemetry-sdk.ts";

export interface TraceSignal extends Signal, ActivityObserver {
  readonly provider: TracerProvider;
}

/** One span for each thing that the agent does and that may fail. */
export function createTraceSignal(options: SignalOptions): TraceSignal {
  const { sdk } = options;
  const { ProtobufTraceSerializer: serializer } = sdk.transformer;
  let present: SpanProcessor | undefined;
  const provider = new sdk.traces.TracerProvider({
    sampler: new sdk.traces.AlwaysOnSampler(),
    resource: sdk.resources.emptyResource(),
    spanProcessors: [
      {
        onStart() {},
        onEnd: (span) => present?.onEnd(span),
        forceFlush: async () => present?.forceFlush(),
        async shutdown() {},
      },
    ],
  });
  return {
    offers: traceOffers,
    provider,
    ...createObserver(sdk, provider),
    open(outlet) {
      const processor = new sdk.traces.BatchSpanProcessor({
        exporter: createBatchExporter<ReadableSpan>(outlet, options, (records) =>
          serializer.serializeRequest(records),
        ),
        scheduledDelayMillis: BATCH_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      });
      present = processor;
      return () => {
        if (present === processor) present = undefined;
        return processor.shutdown();
      };
    },
  };
}

function createObserver({ api }: TelemetrySdk, provider: TracerProvider): ActivityObserver {
  const tracer = provider.getTracer(SCOPE);
  return {
    begin(name: string, attributes: Attributes) {
      const span = tracer.startSpan(name, { root: true, attributes: otelAttributes(attributes) });
      return (error) => {
        if (error !== undefined) {
          span.setStatus({ code: api.SpanStatusCode.ERROR, message: describeThrown(error) });
        }
        span.end();
      };
    },
  };
}
