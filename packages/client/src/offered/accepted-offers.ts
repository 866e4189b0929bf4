import type {
  ConnectionSettingsOffers,
  OtherConnectionSettings,
  TelemetryConnectionSettings,
} from "@opamp/protocol";

/** What was accepted of own telemetry and other connections, for offers that name a part of it. */
export class AcceptedOffers {
  #accepted: ConnectionSettingsOffers | undefined;

  constructor(accepted?: ConnectionSettingsOffers) {
    this.#accepted = accepted;
  }

  /** An offer together with all that it leaves unchanged (C-109, C-140, C-141). */
  merged(offer: ConnectionSettingsOffers): ConnectionSettingsOffers {
    const before = this.#accepted;
    if (before === undefined) return offer;
    return {
      ...offer,
      ownMetrics: mergedTelemetry(before.ownMetrics, offer.ownMetrics),
      ownTraces: mergedTelemetry(before.ownTraces, offer.ownTraces),
      ownLogs: mergedTelemetry(before.ownLogs, offer.ownLogs),
      otherConnections: mergedConnections(before.otherConnections, offer.otherConnections),
    };
  }

  /** Counts an offer as accepted, until what is returned is called. */
  accept(merged: ConnectionSettingsOffers): () => void {
    const before = this.#accepted;
    this.#accepted = merged;
    return () => {
      if (this.#accepted === merged) this.#accepted = before;
    };
  }
}

type Connections = ConnectionSettingsOffers["otherConnections"];

/** An offer stands for the whole class, but for TLS and proxy (A-22, C-158, C-165). */
function mergedTelemetry(
  before: TelemetryConnectionSettings | undefined,
  offer: TelemetryConnectionSettings | undefined,
): TelemetryConnectionSettings | undefined {
  if (offer === undefined || before === undefined) return offer ?? before;
  return { ...offer, tls: offer.tls ?? before.tls, proxy: offer.proxy ?? before.proxy };
}

function mergedConnections(before: Connections, offer: Connections): Connections {
  const merged: Record<string, OtherConnectionSettings> = { ...before };
  for (const [name, settings] of Object.entries(offer)) {
    const known = Object.hasOwn(before, name) ? before[name] : undefined;
    merged[name] = known === undefined ? settings : mergedConnection(known, settings);
  }
  return merged;
}

/** What is not set stays, also the certificate; an empty text is not set. */
function mergedConnection(
  before: OtherConnectionSettings,
  offer: OtherConnectionSettings,
): OtherConnectionSettings {
  const saysOther = Object.keys(offer.otherSettings).length > 0;
  return {
    ...offer,
    destinationEndpoint: offer.destinationEndpoint || before.destinationEndpoint,
    headers: offer.headers ?? before.headers,
    certificate: offer.certificate ?? before.certificate,
    otherSettings: saysOther ? offer.otherSettings : before.otherSettings,
    tls: offer.tls ?? before.tls,
    proxy: offer.proxy ?? before.proxy,
  };
}
