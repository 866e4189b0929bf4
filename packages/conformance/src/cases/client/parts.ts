import type { AgentToServer, StatusPart } from "@opamp/protocol";
import type { ClientSubjectSettings, RunningClient } from "../../runner/client-subject.ts";
import { utf8 } from "../bytes.ts";
import { withProbe } from "./probe.ts";

type EveryPart = Omit<ClientSubjectSettings, "serverUrl" | "intervalMs">;

/** Everything that an agent may report, declared and given a first value. */
export const everyPart: EveryPart = {
  capabilities: [
    "ReportsStatus",
    "AcceptsRemoteConfig",
    "ReportsEffectiveConfig",
    "ReportsPackageStatuses",
    "ReportsOwnMetrics",
    "ReportsHealth",
    "ReportsRemoteConfig",
    "ReportsAvailableComponents",
    "ReportsConnectionSettingsStatus",
  ],
  description: {
    identifyingAttributes: { "service.name": "edge", "service.version": "1" },
    nonIdentifyingAttributes: { "os.type": "linux" },
  },
  health: { healthy: true, status: "first" },
  effectiveConfig: () => ({ configMap: { "": { body: utf8("first") } } }),
  remoteConfigStatus: { lastRemoteConfigHash: utf8("first"), status: 1 },
  connectionSettingsStatus: { lastConnectionSettingsHash: utf8("first"), status: 1 },
  ...withProbe,
  availableComponents: { hash: utf8("first"), components: { receivers: {} } },
};

/** A way to change each part, and how the new value shows. */
export interface PartChange {
  readonly part: StatusPart;
  readonly change: (client: RunningClient) => void;
  readonly isNew: (message: AgentToServer) => boolean;
}

export const partChanges: readonly PartChange[] = [
  {
    part: "agentDescription",
    change: (client) =>
      client.setDescription({ identifyingAttributes: { "service.name": "other" } }),
    isNew: ({ agentDescription }) => agentDescription?.identifyingAttributes.length === 1,
  },
  {
    part: "health",
    change: (client) => client.setHealth({ healthy: false }),
    isNew: ({ health }) => health?.healthy === false,
  },
  {
    part: "remoteConfigStatus",
    change: (client) =>
      client.setRemoteConfigStatus({ lastRemoteConfigHash: utf8("second"), status: 3 }),
    isNew: ({ remoteConfigStatus }) => remoteConfigStatus?.status === 3,
  },
  {
    part: "packageStatuses",
    change: (client) => client.setPackageStatuses({ packages: { p: { name: "p" } } }),
    isNew: ({ packageStatuses }) => packageStatuses?.packages.p?.name === "p",
  },
  {
    part: "customCapabilities",
    change: (client) => client.setCustomCapabilities(["org.example.second"]),
    isNew: ({ customCapabilities }) => customCapabilities?.capabilities[0] === "org.example.second",
  },
  {
    part: "availableComponents",
    change: (client) =>
      client.setAvailableComponents({ hash: utf8("second"), components: { exporters: {} } }),
    isNew: ({ availableComponents }) => availableComponents?.hash.length === 6,
  },
  {
    part: "connectionSettingsStatus",
    change: (client) =>
      client.setConnectionSettingsStatus({
        lastConnectionSettingsHash: utf8("second"),
        status: 3,
      }),
    isNew: ({ connectionSettingsStatus }) => connectionSettingsStatus?.status === 3,
  },
];
