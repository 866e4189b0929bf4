import { AgentCapabilities, type ServerToAgentInit } from "@opamp/protocol";
import type { ConnectionSettingsOffer, Desired } from "./desired.ts";
import type { OfferKind } from "./offers-made.ts";

/** What an agent with certain capabilities may be offered of what it should have (S-149). */
export interface PermittedOffer {
  readonly hash: Uint8Array;
  /** The capability bits that permit it. */
  readonly granted: bigint;
  /** The offer as a field of the message; of connection settings only the parts permitted (S-69). */
  message(): ServerToAgentInit;
}

/** What may be offered; undefined when there is nothing, or the agent takes nothing of it. */
export function permittedOffer(
  kind: OfferKind,
  desired: Desired,
  capabilities: bigint,
): PermittedOffer | undefined {
  const permitted = permittedOf(kind, desired, capabilities);
  return permitted === undefined || permitted.granted === 0n ? undefined : permitted;
}

function permittedOf(
  kind: OfferKind,
  { remoteConfig, packagesAvailable, connectionSettings }: Desired,
  capabilities: bigint,
): PermittedOffer | undefined {
  switch (kind) {
    case "remoteConfig":
      return (
        remoteConfig && {
          hash: remoteConfig.configHash,
          granted: capabilities & AgentCapabilities.AcceptsRemoteConfig,
          message: () => ({ remoteConfig }),
        }
      );
    case "packagesAvailable":
      return (
        packagesAvailable && {
          hash: packagesAvailable.allPackagesHash,
          granted: capabilities & AgentCapabilities.AcceptsPackages,
          message: () => ({ packagesAvailable }),
        }
      );
    case "connectionSettings":
      return connectionSettings && permittedSettings(connectionSettings, capabilities);
    default:
      return kind satisfies never;
  }
}

const settingsBits = {
  opamp: AgentCapabilities.AcceptsOpAMPConnectionSettings,
  ownMetrics: AgentCapabilities.ReportsOwnMetrics,
  ownTraces: AgentCapabilities.ReportsOwnTraces,
  ownLogs: AgentCapabilities.ReportsOwnLogs,
  otherConnections: AgentCapabilities.AcceptsOtherConnectionSettings,
} as const;

type SettingsPart = keyof typeof settingsBits;

function permittedSettings(offer: ConnectionSettingsOffer, capabilities: bigint): PermittedOffer {
  let granted = 0n;
  const parts: SettingsPart[] = [];
  for (const part of Object.keys(settingsBits) as SettingsPart[]) {
    if (offer[part] === undefined || (capabilities & settingsBits[part]) === 0n) continue;
    granted |= settingsBits[part];
    parts.push(part);
  }
  return {
    hash: offer.hash,
    granted,
    message: () => ({
      connectionSettings: {
        hash: offer.hash,
        ...Object.fromEntries(parts.map((part) => [part, offer[part]])),
      },
    }),
  };
}
