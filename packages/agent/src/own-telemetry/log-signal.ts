import type { Logger } from "@opamp/protocol";
import type { LoggerProvider } from "@opentelemetry/api";
import type {
  LogRecordExporter,
  LogRecordProcessor,
  ReadableLogRecord,
} from "@opentelemetry/sdk-logs";
import { logOffers } from "./offer-class.ts";
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

export interface LogSignal extends Signal {
  readonly provider: LoggerProvider;
  /** A logger whose lines go to another one and to the destination. */
  beside(logger: Logger): Logger;
}

/** What the agent logs. */
export function createLogSignal(options: SignalOptions): LogSignal {
  const { sdk } = options;
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

function createExporter(outlet: Outlet, { sdk, resource }: SignalOptions): LogRecordExporter {
  const { ProtobufLogsSerializer: serializer } = sdk.transformer;
  const code = sdk.core.ExportResultCode.SUCCESS;
  // The SDK has nothing to do about what fails; the outlet tells of it.
  const send = async (records: readonly ReadableLogRecord[], done: () => void): Promise<void> => {
    await outlet.send(() =>
      serializer.serializeRequest(withResource(records, createResource(sdk, resource()))),
    );
    done();
  };
  return {
    export: (records, done) => void send(records, () => done({ code })),
    async forceFlush() {},
    async shutdown() {},
  };
}
