import { type Attributes, describeThrown } from "@opamp/protocol";
import type { TracerProvider } from "@opentelemetry/api";
import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { ActivityObserver } from "../activities.ts";
import { traceOffers } from "./offer-class.ts";
import { otelAttributes } from "./otel-attributes.ts";
import type { Outlet } from "./outlet.ts";
import {
  BATCH_MS,
  createResource,
  EXPORT_TIMEOUT_MS,
  SCOPE,
  type Signal,
  type SignalOptions,
  withResource,
} from "./signal.ts";
import type { TelemetrySdk } from "./telemetry-sdk.ts";

export interface TraceSignal extends Signal, ActivityObserver {
  readonly provider: TracerProvider;
}

/** One span for each thing that the agent does and that may fail. */
export function createTraceSignal(options: SignalOptions): TraceSignal {
  const { sdk } = options;
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
        exporter: createExporter(outlet, options),
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

function createExporter(outlet: Outlet, { sdk, resource }: SignalOptions): SpanExporter {
  const { ProtobufTraceSerializer: serializer } = sdk.transformer;
  const code = sdk.core.ExportResultCode.SUCCESS;
  // The SDK has nothing to do about what fails; the outlet tells of it.
  const send = async (spans: readonly ReadableSpan[], done: () => void): Promise<void> => {
    await outlet.send(() =>
      serializer.serializeRequest(withResource(spans, createResource(sdk, resource()))),
    );
    done();
  };
  return {
    export: (spans, done) => void send(spans, () => done({ code })),
    async shutdown() {},
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
