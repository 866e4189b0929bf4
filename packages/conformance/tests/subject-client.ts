import { createOpAMPClient, type OpAMPClient, type StartSettings } from "@opamp/client";
import { type CustomMessageInit, instanceUidFromBytes } from "@opamp/protocol";
import {
  type ClientEvent,
  type ClientSubject,
  type ClientSubjectSettings,
  createRecording,
  type RunningClient,
  type WritableRecording,
} from "../src/index.ts";

/** `@opamp/client` with a small application, as a subject of the cases. */
export const subjectClient: ClientSubject = {
  name: "@opamp/client",
  async start({ wishes, ...needs }) {
    const settings = { ...wishes, ...needs };
    const events = createRecording<ClientEvent>();
    const client = createOpAMPClient(startSettingsFrom(settings, events));
    await client.start();
    return runningClient(client, events);
  },
};

function runningClient(client: OpAMPClient, events: WritableRecording<ClientEvent>): RunningClient {
  return {
    events,
    get serverCapabilities() {
      return client.status.serverCapabilities;
    },
    setDescription: (description) => client.setAgentDescription(description),
    setCapabilities: (capabilities) => client.setCapabilities(capabilities),
    setHealth: (health) => client.setHealth(health),
    updateEffectiveConfig: () => client.updateEffectiveConfig(),
    setRemoteConfigStatus: (status) => client.setRemoteConfigStatus(status),
    setConnectionSettingsStatus: (status) => client.setConnectionSettingsStatus(status),
    setPackageStatuses: (statuses) => client.setPackageStatuses(statuses),
    setCustomCapabilities: (capabilities) => client.setCustomCapabilities(capabilities),
    setAvailableComponents: (components) => client.setAvailableComponents(components),
    sendCustomMessage: (message: CustomMessageInit) => client.sendCustomMessage(message),
    requestCertificate: (csr) =>
      client.requestConnectionSettings({ opamp: { certificateRequest: { csr } } }),
    stop: () => client.stop(),
    [Symbol.asyncDispose]: () => client.stop(),
  };
}

function startSettingsFrom(
  settings: ClientSubjectSettings,
  events: WritableRecording<ClientEvent>,
): StartSettings {
  const { description, effectiveConfig, instanceUid, intervalMs = 60_000 } = settings;
  const { maxReceiveBytes, maxSendBytes, responseTimeoutMs = 5000, retryDelayMs = 20 } = settings;
  return {
    ...passedOn(settings),
    agentDescription: description ?? { identifyingAttributes: { "service.name": "subject" } },
    ...(instanceUid && { instanceUid: instanceUidFromBytes(instanceUid) }),
    heartbeatIntervalMs: intervalMs,
    retry: { delayMs: () => retryDelayMs },
    timeouts: { responseMs: responseTimeoutMs, stopMs: 500 },
    limits: {
      ...(maxReceiveBytes !== undefined && { maxReceiveBytes }),
      ...(maxSendBytes !== undefined && { maxSendBytes }),
    },
    callbacks: {
      ...callbacksTo(events),
      ...(effectiveConfig && { getEffectiveConfig: () => effectiveConfig() }),
    },
  };
}

/** The settings that a client takes as they are. */
function passedOn(settings: ClientSubjectSettings): Omit<StartSettings, "agentDescription"> {
  const {
    description: _description,
    effectiveConfig: _effectiveConfig,
    instanceUid: _instanceUid,
    intervalMs: _intervalMs,
    maxReceiveBytes: _maxReceiveBytes,
    maxSendBytes: _maxSendBytes,
    responseTimeoutMs: _responseTimeoutMs,
    retryDelayMs: _retryDelayMs,
    ...others
  } = settings;
  return others;
}

function callbacksTo(
  events: WritableRecording<ClientEvent>,
): NonNullable<StartSettings["callbacks"]> {
  return {
    onConnect: () => events.record({ kind: "connected" }),
    onConnectFailed: ({ code }) => events.record({ kind: "connect-failed", code }),
    onServerError: ({ type }) => events.record({ kind: "server-error", type }),
    onError: ({ code }) => events.record({ kind: "error", code }),
    onMessage: ({ remoteConfig, packagesAvailable, customCapabilities, customMessage }) =>
      events.record({
        kind: "message",
        message: { remoteConfig, packagesAvailable, customCapabilities, customMessage },
      }),
    onOpampConnectionSettings: (opamp) =>
      events.record({ kind: "message", message: { connectionSettings: { opamp } } }),
    onConnectionSettings: (connectionSettings) =>
      events.record({ kind: "message", message: { connectionSettings } }),
    onCommand: ({ type }) => events.record({ kind: "command", type }),
  };
}
