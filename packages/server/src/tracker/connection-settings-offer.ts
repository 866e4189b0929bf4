import {
  type ConnectionSettingsOffersInit,
  DEFAULT_HEARTBEAT_INTERVAL_MS,
  type OpAMPConnectionSettingsInit,
  OpAMPError,
  type TelemetryConnectionSettingsInit,
} from "@opamp/protocol";
import { canonicalHash } from "./canonical-hash.ts";
import type { ConnectionSettingsOffer } from "./desired.ts";

const defaultInterval = BigInt(DEFAULT_HEARTBEAT_INTERVAL_MS / 1000);

/**
 * Makes the offer of a whole set of connection settings. The hash covers all of it, also what an
 * agent is not offered for lack of a capability (S-71). OpAMP settings without a heartbeat interval
 * get one of 30 s: 0 would switch heartbeats off (S-54, L-22). Throws `invalid-argument` for an
 * endpoint that is none, and for an interval of 0.
 */
export function createConnectionSettingsOffer(
  settings: Omit<ConnectionSettingsOffersInit, "hash">,
): ConnectionSettingsOffer {
  const { opamp, ownMetrics, ownTraces, ownLogs, otherConnections } = settings;
  assertTelemetryUrls({ ownMetrics, ownTraces, ownLogs });
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
): void {
  for (const [name, telemetry] of Object.entries(settings)) {
    if (telemetry === undefined) continue;
    const url = assertUrl(name, telemetry.destinationEndpoint, ["http:", "https:"]);
    if (url.pathname !== "/") continue;
    throw new OpAMPError(
      "invalid-argument",
      `${name}.destinationEndpoint has no path; expected the whole URL, such as https://host/v1/metrics`,
    );
  }
}

function assertUrl(name: string, text: string | undefined, protocols: readonly string[]): URL {
  if (text !== undefined && URL.canParse(text)) {
    const url = new URL(text);
    if (protocols.includes(url.protocol)) return url;
  }
  throw new OpAMPError(
    "invalid-argument",
    `${name}.destinationEndpoint is not a URL that begins with ${protocols.join(", ")}`,
  );
}
