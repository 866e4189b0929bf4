import {
  type AgentCapability,
  agentHasCapability,
  type ServerCapability,
  type StatusPart,
  serverHasCapability,
} from "@opamp/protocol";

interface PartRule {
  /** What the agent must declare to report the part (C-68 to C-71, C-199). */
  readonly agent?: AgentCapability;
  /** What the server must accept, once it has said what it does (C-66). */
  readonly server?: ServerCapability;
}

const partRules: Readonly<Record<StatusPart, PartRule>> = {
  agentDescription: {},
  health: { agent: "ReportsHealth" },
  effectiveConfig: { agent: "ReportsEffectiveConfig", server: "AcceptsEffectiveConfig" },
  remoteConfigStatus: { agent: "ReportsRemoteConfig" },
  packageStatuses: { agent: "ReportsPackageStatuses", server: "AcceptsPackagesStatus" },
  customCapabilities: {},
  availableComponents: { agent: "ReportsAvailableComponents" },
  connectionSettingsStatus: { agent: "ReportsConnectionSettingsStatus" },
};

/** What the agent must declare before it may report a part. */
export function capabilityForPart(part: StatusPart): AgentCapability | undefined {
  return partRules[part].agent;
}

/** Whether both ends take part; a server that has not spoken yet is taken to accept everything. */
export function mayReport(
  part: StatusPart,
  agentBits: bigint,
  serverBits: bigint | undefined,
): boolean {
  const { agent, server } = partRules[part];
  if (agent !== undefined && !agentHasCapability(agentBits, agent)) return false;
  return (
    server === undefined || serverBits === undefined || serverHasCapability(serverBits, server)
  );
}
