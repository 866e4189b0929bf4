import {
  type ConnectionSettingsOffersInit,
  DEFAULT_HEARTBEAT_INTERVAL_MS,
  encodeServerToAgent,
  type OpAMPConnectionSettingsInit,
  OpAMPError,
  type TelemetryConnectionSettingsInit,
} from "@opamp/protocol";
import { canonicalHash } from "./canonical-hash.ts";
import type { ConnectionSettingsOffer } from "./desired.ts";

const defaultInterval = BigInt(DEFAULT_HEARTBEAT_INTERVAL_MS / 1000);

/** Every member is optional. */
export interface ConnectionSettingsOfferOptions {
  /** Whether telemetry may go to `http:` destinations on other machines (S-84). @default false */
  readonly allowCleartextTelemetry?: boolean;
}

/**
 * Makes the offer of a whole set of connection settings. The hash covers all of it, also what an
 * agent is not offered for lack of a capability (S-71). OpAMP settings without a heartbeat interval
 * get one of 30 s: 0 would switch heartbeats off (S-54, L-22). Throws `invalid-argument` for an
 * endpoint or a proxy that is none, for an interval of 0, and for a member that is no field.
 */
export function createConnectionSettingsOffer(
  settings: Omit<ConnectionSettingsOffersInit, "hash">,
  { allowCleartextTelemetry = false }: ConnectionSettingsOfferOptions = {},
): ConnectionSettingsOffer {
  // Refuses what does not fit before it is hashed.
  encodeServerToAgent({ connectionSettings: settings });
  const { opamp, ownMetrics, ownTraces, ownLogs, otherConnections } = settings;
  const telemetry = { ownMetrics, ownTraces, ownLogs };
  assertTelemetryUrls(telemetry, allowCleartextTelemetry);
  assertProxies({ opamp, ...telemetry, ...otherConnections });
  const whole = {
    ...(opamp && { opamp: withInterval(opamp) }),
    ...(ownMetrics && { ownMetrics }),
    ...(ownTraces && { ownTraces }),
    ...(ownLogs && { ownLogs }),
    ...(otherConnections && { otherConnections }),
  };
  return { ...whole, hash: canonicalHash("connection settings", whole) };
}

function withInterval(opamp: OpAMPConnectionSettingsInit): OpAMPConnectionSettingsInit {
  assertUrl("opamp", opamp.destinationEndpoint, ["ws:", "wss:", "http:", "https:"]);
  const { heartbeatIntervalSeconds = defaultInterval } = opamp;
  if (heartbeatIntervalSeconds <= 0n) {
    throw new OpAMPError(
      "invalid-argument",
      "opamp.heartbeatIntervalSeconds is 0, which switches heartbeats off; leave it out for 30 s",
    );
  }
  return { ...opamp, heartbeatIntervalSeconds };
}

/** The whole URL, for an agent adds no path (S-83). */
function assertTelemetryUrls(
  settings: Readonly<Record<string, TelemetryConnectionSettingsInit | undefined>>,
  allowCleartext: boolean,
): void {
  for (const [name, telemetry] of Object.entries(settings)) {
    if (telemetry === undefined) continue;
    const url = assertUrl(name, telemetry.destinationEndpoint, ["http:", "https:"]);
    if (url.pathname === "/") {
      throw refused(
        `${name}.destinationEndpoint has no path; expected the whole URL, such as https://host/v1/metrics`,
      );
    }
    if (url.protocol === "http:" && !allowCleartext && !isLoopback(url)) {
      throw refused(
        `${name}.destinationEndpoint is in clear text; use https:, or allowCleartextTelemetry`,
      );
    }
  }
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** A proxy has a URL, or host and port (S-104). */
function assertProxies(
  settings: Readonly<Record<string, Pick<OpAMPConnectionSettingsInit, "proxy"> | undefined>>,
): void {
  for (const [name, one] of Object.entries(settings)) {
    if (one?.proxy !== undefined && !one.proxy.url) throw refused(`${name}.proxy has no url`);
  }
}

function assertUrl(name: string, text: string | undefined, protocols: readonly string[]): URL {
  if (text !== undefined && URL.canParse(text)) {
    const url = new URL(text);
    if (protocols.includes(url.protocol)) return url;
  }
  throw refused(
    `${name}.destinationEndpoint is not a URL that begins with ${protocols.join(", ")}`,
  );
}

function refused(why: string): OpAMPError {
  return new OpAMPError("invalid-argument", why);
}
