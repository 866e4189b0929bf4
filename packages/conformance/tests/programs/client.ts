import { createOpAMPClient, type StartSettings } from "@opamp/client";
import {
  type AgentCapability,
  type AgentToServerFlag,
  isInstanceUid,
  RemoteConfigStatuses,
} from "@opamp/protocol";

// An ordinary client, which the suite can tell no more than what it takes from its environment.

const { env } = process;

/** What is made of a variable, if it is set. */
function whenSet<T>(name: string, make: (text: string) => T): T | undefined {
  const text = env[name];
  return text === undefined ? undefined : make(text);
}

function listFrom<T extends string>(text: string): readonly T[] {
  return text.split(",").filter((word) => word !== "") as unknown as readonly T[];
}

const capabilities = whenSet("OPAMP_CAPABILITIES", (text) => listFrom<AgentCapability>(text)) ?? [
  "AcceptsRemoteConfig",
  "ReportsRemoteConfig",
  "ReportsHealth",
  "ReportsHeartbeat",
];
const instanceUid = env.OPAMP_INSTANCE_UID;
const retryDelayMs = whenSet("OPAMP_RETRY_DELAY_MS", Number) ?? 20;
const maxReceiveBytes = whenSet("OPAMP_MAX_RECEIVE_BYTES", Number);
const maxSendBytes = whenSet("OPAMP_MAX_SEND_BYTES", Number);
const headers: unknown = whenSet("OPAMP_HEADERS", JSON.parse);

const settings: StartSettings = {
  serverUrl: env.OPAMP_SERVER_URL ?? "",
  agentDescription: { identifyingAttributes: { "service.name": "subject" } },
  capabilities,
  ...(instanceUid !== undefined && isInstanceUid(instanceUid) && { instanceUid }),
  ...(capabilities.includes("ReportsHealth") && { health: { healthy: true } }),
  customCapabilities: listFrom(env.OPAMP_CUSTOM_CAPABILITIES ?? ""),
  flags: listFrom<AgentToServerFlag>(env.OPAMP_FLAGS ?? ""),
  headers: headers as Readonly<Record<string, string>>,
  compression: env.OPAMP_COMPRESSION === "true",
  heartbeatIntervalMs: whenSet("OPAMP_INTERVAL_MS", Number) ?? 30_000,
  retry: { delayMs: () => retryDelayMs },
  limits: {
    ...(maxReceiveBytes !== undefined && { maxReceiveBytes }),
    ...(maxSendBytes !== undefined && { maxSendBytes }),
  },
  timeouts: { responseMs: whenSet("OPAMP_RESPONSE_TIMEOUT_MS", Number) ?? 5000, stopMs: 500 },
  callbacks: {
    onMessage({ remoteConfig }) {
      if (remoteConfig === undefined) return;
      const { configHash: lastRemoteConfigHash } = remoteConfig;
      client.setRemoteConfigStatus({ lastRemoteConfigHash, status: RemoteConfigStatuses.APPLIED });
    },
  },
};

const client = createOpAMPClient(settings);
await client.start();
process.once("SIGTERM", () => void client.stop());
