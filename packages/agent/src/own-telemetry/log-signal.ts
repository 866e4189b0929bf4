import type { Logger } from "@opamp/protocol";
import type { LoggerProvider } from "@opentelemetry/api";
import type { LogRecordProcessor, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { createBatchExporter } from "./batch-exporter.ts";
import { logOffers } from "./offer-class.ts";
import { BATCH_MS, EXPORT_TIMEOUT_MS, SCOPE, type Signal, type SignalOptions } from "./signal.ts";

export interface LogSignal extends Signal {
  readonly provider: LoggerProvider;
  /** A logger whose lines go to another one and to the destination. */
  beside(logger: Logger): Logger;
}

/** What the agent logs. */
export function createLogSignal(options: SignalOptions): LogSignal {
  const { sdk } = options;
  const { ProtobufLogsSerializer: serializer } = sdk.transformer;
  let present: LogRecordProcessor | undefined;
  const provider = new sdk.logs.LoggerProvider({
    resource: sdk.resources.emptyResource(),
    processors: [
      {
        onEmit: (record, context) => present?.onEmit(record, context),
        forceFlush: async () => present?.forceFlush(),
        async shutdown() {},
      },
    ],
  });
  const { DEBUG, INFO, WARN, ERROR } = sdk.api.SeverityNumber;
  const own = provider.getLogger(SCOPE);
  return {
    offers: logOffers,
    provider,
    open(outlet) {
      const processor = new sdk.logs.BatchLogRecordProcessor({
        exporter: createBatchExporter<ReadableLogRecord>(outlet, options, (records) =>
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
    beside(logger) {
      const line = (level: keyof Logger, severityNumber: number) => (message: string) => {
        logger[level](message);
        own.emit({ severityNumber, severityText: level.toUpperCase(), body: message });
      };
      return {
        debug: line("debug", DEBUG),
        info: line("info", INFO),
        warn: line("warn", WARN),
        error: line("error", ERROR),
      };
    },
  };
}
