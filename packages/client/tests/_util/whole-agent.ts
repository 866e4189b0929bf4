import {
  ConnectionSettingsStatuses,
  PackageStatusEnum,
  RemoteConfigStatuses,
} from "@opamp/protocol";
import {
  createScriptedClient,
  type ScriptedClient,
  type ScriptedClientOptions,
} from "./scripted-client.ts";

/** Settings that give every status part but the package statuses a value. */
export const wholeAgent = {
  capabilities: [
    "ReportsHealth",
    "ReportsEffectiveConfig",
    "ReportsRemoteConfig",
    "ReportsPackageStatuses",
    "ReportsAvailableComponents",
    "ReportsConnectionSettingsStatus",
    "ReportsHeartbeat",
  ],
  health: { healthy: true, status: "up" },
  remoteConfigStatus: {
    lastRemoteConfigHash: Uint8Array.of(1),
    status: RemoteConfigStatuses.APPLIED,
  },
  connectionSettingsStatus: {
    lastConnectionSettingsHash: Uint8Array.of(2),
    status: ConnectionSettingsStatuses.APPLIED,
  },
  customCapabilities: ["com.example.snapshots/v1"],
  availableComponents: {
    hash: Uint8Array.of(3),
    components: { receivers: { subComponentMap: { otlp: {} } } },
  },
} as const satisfies ScriptedClientOptions;

/** An agent that has something to say in every status part, started, connected and answered. */
export async function startWholeAgent(
  options: ScriptedClientOptions = {},
): Promise<ScriptedClient> {
  const agent = createScriptedClient({
    ...wholeAgent,
    ...options,
    callbacks: {
      getEffectiveConfig: () => ({ configMap: { "": { body: Uint8Array.of(4) } } }),
      ...options.callbacks,
    },
  });
  agent.client.setPackageStatuses({
    packages: { collector: { name: "collector", status: PackageStatusEnum.Installed } },
  });
  await agent.client.start();
  await agent.clock.settle();
  return agent;
}
