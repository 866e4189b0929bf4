import { assertKnownMembers } from "@opamp/protocol/internal";
import type { Callbacks } from "./callbacks.ts";
import type { StartSettings } from "./settings.ts";

/** Throws `invalid-argument` for a setting or callback that there is none of, such as a misspelt one. */
export function assertKnownSettings(settings: StartSettings): void {
  assertKnownMembers("settings", settings, knownSettings);
  assertKnownMembers("settings.callbacks", settings.callbacks ?? {}, knownCallbacks);
}

const knownSettings: Readonly<Record<keyof StartSettings, true>> = {
  serverUrl: true,
  agentDescription: true,
  instanceUid: true,
  capabilities: true,
  callbacks: true,
  health: true,
  remoteConfigStatus: true,
  connectionSettingsStatus: true,
  candidateConnectionSettings: true,
  acceptedConnectionSettings: true,
  connectionSettingsPolicy: true,
  customCapabilities: true,
  availableComponents: true,
  flags: true,
  packagesStateProvider: true,
  packages: true,
  headers: true,
  tls: true,
  proxy: true,
  compression: true,
  heartbeatIntervalMs: true,
  limits: true,
  timeouts: true,
  retry: true,
  logger: true,
  clock: true,
  random: true,
  transport: true,
  connection: true,
};

const knownCallbacks: Readonly<Record<keyof Callbacks, true>> = {
  onConnect: true,
  onConnectFailed: true,
  onServerError: true,
  onError: true,
  onMessage: true,
  onOpampConnectionSettings: true,
  onConnectionSettings: true,
  saveConnectionSettings: true,
  getPrivateKey: true,
  saveRemoteConfigStatus: true,
  saveConnectionSettingsStatus: true,
  getEffectiveConfig: true,
  onCommand: true,
  checkRedirect: true,
};
