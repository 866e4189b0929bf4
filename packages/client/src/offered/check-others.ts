import type {
  ConnectionSettingsOffers,
  OtherConnectionSettings,
  TelemetryConnectionSettings,
} from "@opamp/protocol";
import { assertHeaders } from "../transport/request-headers.ts";
import { certificateFromOffer } from "./certificate-from-offer.ts";
import { field, refusal } from "./field.ts";
import { headersFromOffer } from "./headers-from-offer.ts";
import type { ConnectionSettingsPolicy } from "./policy.ts";
import { proxyFromOffer } from "./settings-from-offer.ts";
import { tlsFromOffer } from "./tls-from-offer.ts";

const telemetry = {
  ownMetrics: "own_metrics",
  ownTraces: "own_traces",
  ownLogs: "own_logs",
} as const;

/** Throws, naming the field, when own telemetry or other connections hold what cannot be used (L-01). */
export function checkOthers(
  offers: ConnectionSettingsOffers,
  policy: ConnectionSettingsPolicy,
): void {
  for (const [member, name] of Object.entries(telemetry)) {
    const settings = offers[member as keyof typeof telemetry];
    if (settings === undefined || isNoDestination(settings)) continue;
    field(name, () => {
      checkDestination(settings, policy);
      checkConnection(settings, policy);
    });
  }
  for (const [name, settings] of Object.entries(offers.otherConnections)) {
    field(`other_connections.${name.slice(0, 100)}`, () => checkConnection(settings, policy));
  }
}

/** Settings in which nothing is set: the agent is to send this telemetry nowhere. */
export function isNoDestination(settings: TelemetryConnectionSettings): boolean {
  const { destinationEndpoint, headers, certificate, tls, proxy } = settings;
  const parts = [headers, certificate, tls, proxy];
  return destinationEndpoint === "" && parts.every((part) => part === undefined);
}

/** Throws, naming the field, for an endpoint that own telemetry cannot or may not go to. */
export function checkDestination(
  { destinationEndpoint }: TelemetryConnectionSettings,
  { allowCleartextTelemetry = true }: ConnectionSettingsPolicy,
): void {
  if (destinationEndpoint === "") throw refusal("destination_endpoint: is empty");
  const scheme = URL.parse(destinationEndpoint)?.protocol;
  if (scheme !== "https:" && scheme !== "http:") {
    throw refusal("destination_endpoint: is not an http: or https: URL");
  }
  if (scheme === "http:" && !allowCleartextTelemetry) {
    throw refusal("destination_endpoint: is in clear text, which the policy does not allow");
  }
}

function checkConnection(
  settings: TelemetryConnectionSettings | OtherConnectionSettings,
  policy: ConnectionSettingsPolicy,
): void {
  const { headers, certificate, tls, proxy } = settings;
  field("headers", () => assertHeaders(headersFromOffer(headers)));
  if (certificate !== undefined) certificateFromOffer(certificate);
  if (tls !== undefined) tlsFromOffer(tls, policy);
  if (proxy !== undefined) proxyFromOffer(proxy);
}
