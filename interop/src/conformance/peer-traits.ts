import { AgentCapabilities, type AgentCapability } from "@opamp/protocol";
import type { ClientTraits } from "./client-traits.ts";

const every = Object.keys(AgentCapabilities) as AgentCapability[];

/** Retries from half a second on. Takes its polling interval with ReportsHeartbeat only. */
export const opampGoTraits: ClientTraits = {
  settings: [
    "instanceUid",
    "health",
    "effectiveConfig",
    "remoteConfigStatus",
    "connectionSettingsStatus",
    "customCapabilities",
    "availableComponents",
    "flags",
    "headers",
    "compression",
  ],
  capabilities: every,
  reports: [
    "agentDescription",
    "health",
    "effectiveConfig",
    "remoteConfigStatus",
    "packageStatuses",
    "customCapabilities",
    "availableComponents",
    "capabilities",
    "customMessage",
    "connectionSettingsRequest",
  ],
  told: [
    "connected",
    "connectFailed",
    "serverError",
    "command",
    "remoteConfig",
    "packagesAvailable",
    "connectionSettings",
    "customCapabilities",
    "customMessage",
  ],
  makesUid: false,
  together: { ReportsPackageStatuses: "AcceptsPackages" },
  pollsWith: "ReportsHeartbeat",
  keepsOwnPace: true,
};

/** Over HTTP it always has ReportsHeartbeat, and waits 30 s or longer after any failure. */
export const elasticTraits: ClientTraits = {
  settings: ["instanceUid", "headers"],
  capabilities: ["ReportsStatus", "ReportsHeartbeat", "AcceptsRemoteConfig", "ReportsRemoteConfig"],
  reports: ["agentDescription", "remoteConfigStatus"],
  told: ["connected", "connectFailed", "remoteConfig"],
  makesUid: true,
  keepsOwnPace: true,
};

/** Its capabilities are those that it knows how to fill in. */
export const pythonTraits: ClientTraits = {
  settings: ["effectiveConfig", "remoteConfigStatus", "headers"],
  capabilities: [
    "ReportsStatus",
    "ReportsHeartbeat",
    "AcceptsRemoteConfig",
    "ReportsRemoteConfig",
    "ReportsEffectiveConfig",
  ],
  reports: ["effectiveConfig", "remoteConfigStatus"],
  told: ["connected", "connectFailed", "serverError", "remoteConfig"],
  makesUid: true,
};

export const javaTraits: ClientTraits = {
  settings: ["instanceUid", "effectiveConfig", "headers"],
  capabilities: [
    "ReportsStatus",
    "AcceptsRemoteConfig",
    "ReportsRemoteConfig",
    "ReportsEffectiveConfig",
  ],
  reports: ["agentDescription", "effectiveConfig", "remoteConfigStatus"],
  told: ["connected", "connectFailed", "serverError", "remoteConfig"],
  makesUid: true,
  together: {
    AcceptsRemoteConfig: "ReportsRemoteConfig",
    ReportsRemoteConfig: "AcceptsRemoteConfig",
  },
};
