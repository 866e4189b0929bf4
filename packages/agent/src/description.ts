import type { AgentDescriptionSettings } from "@opamp/client";
import type { InstanceUid } from "@opamp/protocol";
import { hostAttributes } from "./host-attributes.ts";
import type { ServiceDescription } from "./settings.ts";

/** A service as attributes, by the guidelines for agents such as the Collector (C-255, C-256). */
export function descriptionOfService(
  { serviceName, serviceVersion, serviceNamespace, attributes }: ServiceDescription,
  instanceUid: InstanceUid,
): AgentDescriptionSettings {
  return {
    identifyingAttributes: {
      "service.name": serviceName,
      ...(serviceNamespace !== undefined && { "service.namespace": serviceNamespace }),
      ...(serviceVersion !== undefined && { "service.version": serviceVersion }),
      "service.instance.id": instanceUid,
    },
    nonIdentifyingAttributes: { ...hostAttributes(), ...attributes },
  };
}
