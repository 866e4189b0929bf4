import { AgentCapabilities, type ServerToAgentInit } from "@opamp/protocol";
import type { ConnectionSettingsOffer, Desired } from "./desired.ts";
import type { OfferKind } from "./offers-made.ts";

/** The hash of what an agent should have of a kind. */
export function desiredHash(kind: OfferKind, desired: Desired): Uint8Array | undefined {
  switch (kind) {
    case "remoteConfig":
      return desired.remoteConfig?.configHash;
    case "packagesAvailable":
      return desired.packagesAvailable?.allPackagesHash;
    case "connectionSettings":
      return desired.connectionSettings?.hash;
    default:
      return kind satisfies never;
  }
}

/** The capability bits of an agent that permit to offer it a kind, or parts of it (S-149); 0 for none. */
export function grantedBits(kind: OfferKind, desired: Desired, capabilities: bigint): bigint {
  switch (kind) {
    case "remoteConfig":
      return capabilities & AgentCapabilities.AcceptsRemoteConfig;
    case "packagesAvailable":
      return capabilities & AgentCapabilities.AcceptsPackages;
    case "connectionSettings":
      return capabilities & bitsOfParts(desired.connectionSettings ?? {});
    default:
      return kind satisfies never;
  }
}

/** The offer as a field of the message; of connection settings only the parts permitted (S-69). */
export function offerMessage(
  kind: OfferKind,
  { remoteConfig, packagesAvailable, connectionSettings }: Desired,
  granted: bigint,
): ServerToAgentInit {
  switch (kind) {
    case "remoteConfig":
      return { remoteConfig };
    case "packagesAvailable":
      return { packagesAvailable };
    case "connectionSettings":
      return {
        connectionSettings: connectionSettings && permittedParts(connectionSettings, granted),
      };
    default:
      return kind satisfies never;
  }
}

const bitOfPart = {
  opamp: AgentCapabilities.AcceptsOpAMPConnectionSettings,
  ownMetrics: AgentCapabilities.ReportsOwnMetrics,
  ownTraces: AgentCapabilities.ReportsOwnTraces,
  ownLogs: AgentCapabilities.ReportsOwnLogs,
  otherConnections: AgentCapabilities.AcceptsOtherConnectionSettings,
} as const;

const settingsParts = Object.keys(bitOfPart) as (keyof typeof bitOfPart)[];

function bitsOfParts(settings: Partial<ConnectionSettingsOffer>): bigint {
  let bits = 0n;
  for (const part of settingsParts) if (settings[part] !== undefined) bits |= bitOfPart[part];
  return bits;
}

function permittedParts(
  settings: ConnectionSettingsOffer,
  granted: bigint,
): Partial<ConnectionSettingsOffer> {
  const parts = settingsParts.filter((part) => (granted & bitOfPart[part]) !== 0n);
  return {
    hash: settings.hash,
    ...Object.fromEntries(parts.map((part) => [part, settings[part]])),
  };
}
