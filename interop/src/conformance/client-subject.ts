import { setTimeout as delay } from "node:timers/promises";
import {
  type ClientEvent,
  type ClientSubject,
  type ClientSubjectSettings,
  createRecording,
  NotSupportedError,
  type RunningClient,
} from "@opamp/conformance";
import {
  type AgentCapability,
  type AgentConfigMapInit,
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  bitsFromAgentToServerFlags,
  bytesFromInstanceUid,
  createInstanceUid,
  describeThrown,
  encodeAgentToServer,
  keyValuesFromAttributes,
} from "@opamp/protocol";
import { base64 } from "../json.ts";
import type { PeerCommand } from "../json-lines-process.ts";
import { clientEventsFrom } from "./client-events.ts";
import {
  assertReports,
  type ClientTraits,
  possibleSettings,
  type Report,
} from "./client-traits.ts";
import { CommandRefusedError, type PeerLease, type PeerPool } from "./peer-pool.ts";
import { recordingOfTold } from "./told.ts";

/** A client in a process of its own, as a subject of the conformance cases. */
export function createClientSubject(pool: PeerPool, traits: ClientTraits): ClientSubject {
  return {
    name: pool.name,
    keepsOwnPace: traits.keepsOwnPace ?? false,
    async start(wanted) {
      const settings = possibleSettings(wanted, traits);
      const command = startCommand(settings, traits);
      const events = createRecording<ClientEvent>();
      const lease = pool.take((event) => {
        for (const told of clientEventsFrom(event)) events.record(told);
      });
      try {
        await lease.request(command);
      } catch (thrown) {
        void lease.release();
        if (!(thrown instanceof CommandRefusedError)) throw thrown;
        throw new NotSupportedError(`it refuses its settings: ${thrown.message}`);
      }
      const told = recordingOfTold(events, traits.told);
      return Object.assign(reporting(lease, settings, traits), { events: told });
    },
  };
}

/** A library may leave its last words to a thread of its own, which writes them a little later. */
const LAST_WORDS_MS = 250;

type Reporting = Omit<RunningClient, "events">;

function reporting(
  lease: PeerLease,
  settings: ClientSubjectSettings,
  traits: ClientTraits,
): Reporting {
  const request = (part: Report, state: AgentToServerInit): Promise<void> => {
    assertReports(part, traits);
    return lease.request({ command: "report", state: base64(encodeAgentToServer(state)) });
  };
  const report = (part: Report, state: AgentToServerInit): void =>
    void request(part, state).catch((thrown: unknown) => {
      // A report that the library refuses shows by what does not come.
      if (thrown instanceof CommandRefusedError) return;
      console.error(`the report of ${part} failed: ${describeThrown(thrown)}`);
    });
  return {
    get serverCapabilities(): never {
      throw new NotSupportedError("its application is not told of server capabilities");
    },
    setDescription: (description) =>
      report("agentDescription", { agentDescription: descriptionFrom(description) }),
    setCapabilities: (names) =>
      report("capabilities", { capabilities: capabilityBits(names, settings, traits) }),
    setHealth: (health) => report("health", { health }),
    updateEffectiveConfig() {
      const configMap = readConfig(settings);
      report("effectiveConfig", { effectiveConfig: { ...(configMap && { configMap }) } });
    },
    setRemoteConfigStatus: (remoteConfigStatus) =>
      report("remoteConfigStatus", { remoteConfigStatus }),
    setConnectionSettingsStatus: (connectionSettingsStatus) =>
      report("connectionSettingsStatus", { connectionSettingsStatus }),
    setPackageStatuses: (packageStatuses) => report("packageStatuses", { packageStatuses }),
    setCustomCapabilities: (capabilities) =>
      report("customCapabilities", { customCapabilities: { capabilities } }),
    setAvailableComponents: (availableComponents) =>
      report("availableComponents", { availableComponents }),
    sendCustomMessage: async (customMessage) => request("customMessage", { customMessage }),
    requestCertificate: async (csr) =>
      request("connectionSettingsRequest", {
        connectionSettingsRequest: { opamp: { certificateRequest: { csr } } },
      }),
    async stop() {
      await lease.request({ command: "stop" });
      await delay(LAST_WORDS_MS);
    },
    // The next case need not wait until everything has stopped.
    async [Symbol.asyncDispose]() {
      void lease.release();
    },
  };
}

function startCommand(settings: ClientSubjectSettings, traits: ClientTraits): PeerCommand {
  const { serverUrl, headers, compression, intervalMs = 60_000 } = settings;
  const { retryDelayMs = 20, responseTimeoutMs = 5000 } = settings;
  return {
    command: "start",
    url: serverUrl,
    state: base64(encodeAgentToServer(stateFrom(settings, traits))),
    heartbeatIntervalMs: intervalMs,
    retryDelayMs,
    responseTimeoutMs,
    ...(headers && { headers }),
    ...(compression !== undefined && { compression }),
  };
}

function stateFrom(settings: ClientSubjectSettings, traits: ClientTraits): AgentToServerInit {
  const { capabilities = [], customCapabilities, flags, health, availableComponents } = settings;
  const { remoteConfigStatus, connectionSettingsStatus } = settings;
  const own = traits.makesUid ? undefined : bytesFromInstanceUid(createInstanceUid());
  const configMap = readConfig(settings);
  return {
    instanceUid: settings.instanceUid ?? own,
    capabilities: capabilityBits(capabilities, settings, traits),
    agentDescription: descriptionFrom(
      settings.description ?? { identifyingAttributes: { "service.name": "subject" } },
    ),
    ...(health && { health }),
    ...(configMap && { effectiveConfig: { configMap } }),
    ...(remoteConfigStatus && { remoteConfigStatus }),
    ...(connectionSettingsStatus && { connectionSettingsStatus }),
    ...(customCapabilities && { customCapabilities: { capabilities: customCapabilities } }),
    ...(availableComponents && { availableComponents }),
    ...(flags && { flags: bitsFromAgentToServerFlags(flags) }),
  };
}

function capabilityBits(
  names: readonly AgentCapability[],
  { serverUrl }: ClientSubjectSettings,
  { together, pollsWith }: ClientTraits,
): bigint {
  const others = names.flatMap((name) => together?.[name] ?? []);
  const polling = pollsWith !== undefined && serverUrl.startsWith("http") ? [pollsWith] : [];
  const all = new Set<AgentCapability>(["ReportsStatus", ...names, ...others, ...polling]);
  return bitsFromAgentCapabilities([...all]);
}

function descriptionFrom(
  description: NonNullable<ClientSubjectSettings["description"]>,
): NonNullable<AgentToServerInit["agentDescription"]> {
  return {
    identifyingAttributes: keyValuesFromAttributes(description.identifyingAttributes),
    nonIdentifyingAttributes: keyValuesFromAttributes(description.nonIdentifyingAttributes ?? {}),
  };
}

/** The config is read here and handed over: a process cannot be asked for it at any moment. */
function readConfig({ effectiveConfig }: ClientSubjectSettings): AgentConfigMapInit | undefined {
  if (effectiveConfig === undefined) return undefined;
  let config: ReturnType<typeof effectiveConfig>;
  try {
    config = effectiveConfig();
  } catch {
    throw new NotSupportedError("it is handed a config that can be read");
  }
  if (config instanceof Promise) throw new NotSupportedError("it is handed its config at once");
  return config;
}
