import type { AgentDescriptionSettings } from "@opamp/client";
import type { AttributeValue } from "@opamp/protocol";

/** A resource of the OpenTelemetry SDK, as far as it matters here. */
export interface ResourceLike {
  readonly attributes: { readonly [key: string]: unknown };
}

export interface FromResourceOptions {
  /**
   * By which guidelines the attributes are divided. A Collector is identified by its service.version,
   * too (C-255); an agent within an SDK is not (C-257).
   * @default "sdk"
   */
  readonly guidelines?: "sdk" | "collector";
}

const identifyingKeys = {
  sdk: ["service.name", "service.namespace", "service.namespace.name", "service.instance.id"],
  collector: ["service.name", "service.namespace", "service.version", "service.instance.id"],
} as const;

/**
 * Describes an agent by the resource of its own telemetry: the same values, so that one can be found
 * by the other (C-255 to C-258). Attributes that are still being detected are left out.
 */
export function agentDescriptionFromResource(
  { attributes }: ResourceLike,
  { guidelines = "sdk" }: FromResourceOptions = {},
): AgentDescriptionSettings {
  const keys: ReadonlySet<string> = new Set(identifyingKeys[guidelines]);
  const known = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, attributeFromResource(value)] as const],
  );
  return {
    identifyingAttributes: Object.fromEntries(known.filter(([key]) => keys.has(key))),
    nonIdentifyingAttributes: Object.fromEntries(known.filter(([key]) => !keys.has(key))),
  };
}

/** A list may have holes. What is of no kind at all is refused where the description is used. */
function attributeFromResource(value: unknown): AttributeValue {
  return (Array.isArray(value) ? value.map((item) => item ?? null) : value) as AttributeValue;
}
