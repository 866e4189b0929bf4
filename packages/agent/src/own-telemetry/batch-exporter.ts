import type { ExportResult } from "@opentelemetry/core";
import type { Outlet } from "./outlet.ts";
import { createResource, type SignalOptions, withResource } from "./signal.ts";

/** What the batch processors of the SDK hand their records to. */
export interface BatchExporter<T> {
  export(records: T[], done: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Sends records through an outlet, as those of the resource of now. */
export function createBatchExporter<T extends object>(
  outlet: Outlet,
  { sdk, resource }: SignalOptions,
  serialize: (records: T[]) => Uint8Array | undefined,
): BatchExporter<T> {
  const code = sdk.core.ExportResultCode.SUCCESS;
  // The SDK has nothing to do about what fails; the outlet tells of it.
  const send = async (records: readonly T[], done: () => void): Promise<void> => {
    await outlet.send(() => serialize(withResource(records, createResource(sdk, resource()))));
    done();
  };
  return {
    export: (records, done) => void send(records, () => done({ code })),
    async forceFlush() {},
    async shutdown() {},
  };
}
