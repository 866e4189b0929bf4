import { bitsFromNames, namesFromBits, type UnknownBit } from "./bits.ts";

/** What an agent can do: bits of AgentToServer.capabilities (W-27). */
export const AgentCapabilities = {
  ReportsStatus: 0x1n,
  AcceptsRemoteConfig: 0x2n,
  ReportsEffectiveConfig: 0x4n,
  AcceptsPackages: 0x8n,
  ReportsPackageStatuses: 0x10n,
  ReportsOwnTraces: 0x20n,
  ReportsOwnMetrics: 0x40n,
  ReportsOwnLogs: 0x80n,
  AcceptsOpAMPConnectionSettings: 0x100n,
  AcceptsOtherConnectionSettings: 0x200n,
  AcceptsRestartCommand: 0x400n,
  ReportsHealth: 0x800n,
  ReportsRemoteConfig: 0x1000n,
  ReportsHeartbeat: 0x2000n,
  ReportsAvailableComponents: 0x4000n,
  ReportsConnectionSettingsStatus: 0x8000n,
} as const;

/** What a server can do: bits of ServerToAgent.capabilities (W-27). */
export const ServerCapabilities = {
  AcceptsStatus: 0x1n,
  OffersRemoteConfig: 0x2n,
  AcceptsEffectiveConfig: 0x4n,
  OffersPackages: 0x8n,
  AcceptsPackagesStatus: 0x10n,
  OffersConnectionSettings: 0x20n,
  AcceptsConnectionSettingsRequest: 0x40n,
} as const;

export type AgentCapability = keyof typeof AgentCapabilities;
export type ServerCapability = keyof typeof ServerCapabilities;

/** The capabilities an agent announced, by name; a bit without a name reads `bit40`. */
export function agentCapabilitiesFromBits(bits: bigint): readonly (AgentCapability | UnknownBit)[] {
  return namesFromBits(AgentCapabilities, bits);
}

/** The bits of AgentToServer.capabilities. Throws `invalid-argument` for an unknown name. */
export function bitsFromAgentCapabilities(
  names: readonly (AgentCapability | UnknownBit)[],
): bigint {
  return bitsFromNames(AgentCapabilities, names, "an agent capability");
}

/** The capabilities a server announced, by name; a bit without a name reads `bit40`. */
export function serverCapabilitiesFromBits(
  bits: bigint,
): readonly (ServerCapability | UnknownBit)[] {
  return namesFromBits(ServerCapabilities, bits);
}

/** The bits of ServerToAgent.capabilities. Throws `invalid-argument` for an unknown name. */
export function bitsFromServerCapabilities(
  names: readonly (ServerCapability | UnknownBit)[],
): bigint {
  return bitsFromNames(ServerCapabilities, names, "a server capability");
}

/** Whether an agent's capability bits hold a capability. */
export function agentHasCapability(bits: bigint, capability: AgentCapability): boolean {
  return (bits & AgentCapabilities[capability]) !== 0n;
}

/** Whether a server's capability bits hold a capability. */
export function serverHasCapability(bits: bigint, capability: ServerCapability): boolean {
  return (bits & ServerCapabilities[capability]) !== 0n;
}
