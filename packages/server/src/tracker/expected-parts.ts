import {
  type AgentCapability,
  type AgentToServer,
  agentHasCapability,
  type StatusPart,
  statusParts,
} from "@opamp/protocol";
import type { StatusParts } from "./tracked-agent.ts";

interface PartRule {
  /** Without it, nothing is expected (S-49); the custom capabilities depend on none. */
  readonly capability?: AgentCapability;
  /** Whether an agent with the capability has the part always, or only after an offer (A-16, L-23). */
  readonly always: boolean;
}

const rules: Readonly<Record<StatusPart, PartRule>> = {
  agentDescription: { capability: "ReportsStatus", always: true },
  health: { capability: "ReportsHealth", always: true },
  effectiveConfig: { capability: "ReportsEffectiveConfig", always: true },
  remoteConfigStatus: { capability: "ReportsRemoteConfig", always: false },
  packageStatuses: { capability: "ReportsPackageStatuses", always: false },
  customCapabilities: { always: false },
  availableComponents: { capability: "ReportsAvailableComponents", always: true },
  connectionSettingsStatus: { capability: "ReportsConnectionSettingsStatus", always: false },
};

/** Whether an agent with these capabilities has the part always. */
function isPromised(part: StatusPart, capabilities: bigint): boolean {
  const { capability, always } = rules[part];
  return always && capability !== undefined && agentHasCapability(capabilities, capability);
}

/** Whether an agent with these capabilities may report the part. */
export function isReportable(part: StatusPart, capabilities: bigint): boolean {
  const { capability } = rules[part];
  return capability === undefined || agentHasCapability(capabilities, capability);
}

/** Whether the message carries what an agent with its capabilities always has. */
export function hasPromisedParts(message: AgentToServer): boolean {
  return statusParts.every(
    (part) => message[part] !== undefined || !isPromised(part, message.capabilities),
  );
}

/**
 * Whether the message leaves out nothing that the agent might have. No bit announces custom
 * capabilities: they are expected from an agent that had some.
 */
export function hasEveryPart(message: AgentToServer, known: StatusParts = {}): boolean {
  return statusParts.every((part) => {
    if (message[part] !== undefined) return true;
    if (part === "customCapabilities") return known.customCapabilities === undefined;
    return !isReportable(part, message.capabilities);
  });
}
