import type { Attributes, AttributeValue } from "@opamp/protocol";
import type { Attributes as OtelAttributes } from "@opentelemetry/api";

/** Attributes as the SDK takes them: it knows no integers beyond 2^53, which are left out. */
export function otelAttributes(attributes: Attributes): OtelAttributes {
  const converted = Object.entries(attributes).map(([key, value]) => [key, otelValue(value)]);
  return Object.fromEntries(converted.filter(([, value]) => value !== undefined));
}

function otelValue(value: AttributeValue): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : undefined;
  }
  if (Array.isArray(value)) return value.map(otelValue);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return otelAttributes(value as Attributes);
}
