import type { Attributes } from "@opamp/protocol";
import type { Resource } from "@opentelemetry/resources";
import type { OfferClass } from "./offer-class.ts";
import { otelAttributes } from "./otel-attributes.ts";
import type { Outlet } from "./outlet.ts";
import type { TelemetrySdk } from "./telemetry-sdk.ts";

/** One kind of telemetry. */
export interface Signal {
  /** The offers that say where it goes. */
  readonly offers: OfferClass;
  /**
   * Sends to a destination from now on. The result is called when it is no longer the destination:
   * what came together until then still goes there; it resolves when that is done.
   */
  open(outlet: Outlet): () => Promise<void>;
}

export interface SignalOptions {
  readonly sdk: TelemetrySdk;
  /** The attributes of what the telemetry is of, as of now. */
  readonly resource: () => Attributes;
}

/** The name that the agent's own instruments carry. */
export const SCOPE = "@opamp/agent";

/** How long spans and log records are collected. */
export const BATCH_MS = 1000;

/** Above what a delivery takes at most: the processors of the SDK need not give up by themselves. */
export const EXPORT_TIMEOUT_MS = 60_000;

/** The SDK's own way to make one drops lists of mixed kinds, and objects. */
export function createResource({ resources }: TelemetrySdk, attributes: Attributes): Resource {
  const value = otelAttributes(attributes);
  return Object.create(resources.emptyResource(), { attributes: { value } });
}

/** Records of the SDK with the resource of now instead of that of the time they were made. */
export function withResource<T extends object>(records: readonly T[], resource: Resource): T[] {
  return records.map((record) => Object.create(record, { resource: { value: resource } }));
}
