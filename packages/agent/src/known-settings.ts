import { OpAMPError } from "@opamp/protocol";
import { assertKnownMembers } from "@opamp/protocol/internal";
import type { RemoteConfigSettings } from "./remote-config/remote-config-settings.ts";
import type { AgentCallbacks, AgentSettings } from "./settings.ts";

/**
 * Throws `invalid-argument`, by name, for a setting that there is none of, such as a misspelt one, and
 * for one that is needed and not there.
 */
export function assertKnownSettings(settings: AgentSettings): void {
  assertKnownMembers("settings", settings, knownSettings);
  assertKnownMembers("settings.callbacks", settings.callbacks ?? {}, knownCallbacks);
  assertKnownMembers("settings.remoteConfig", settings.remoteConfig ?? {}, knownRemoteConfig);
  const { stateDirectory, description, remoteConfig }: Partial<AgentSettings> = settings;
  if (typeof stateDirectory !== "string" || stateDirectory === "") {
    throw problem("settings.stateDirectory is missing; expected the path of a directory");
  }
  if (description === undefined) {
    throw problem('settings.description is missing; expected such as { serviceName: "edge" }');
  }
  if (remoteConfig !== undefined && typeof remoteConfig.apply !== "function") {
    throw problem("settings.remoteConfig.apply is missing; expected a function");
  }
}

function problem(message: string): OpAMPError {
  return new OpAMPError("invalid-argument", message);
}

const knownSettings: Readonly<Record<keyof AgentSettings, true>> = {
  serverUrl: true,
  stateDirectory: true,
  description: true,
  remoteConfig: true,
  effectiveConfig: true,
  packages: true,
  connectionSettings: true,
  ownTelemetry: true,
  health: true,
  availableComponents: true,
  commands: true,
  customMessages: true,
  callbacks: true,
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
  fileSystem: true,
};

const knownCallbacks: Readonly<Record<keyof AgentCallbacks, true>> = {
  onConnect: true,
  onConnectFailed: true,
  onServerError: true,
  onError: true,
  checkRedirect: true,
};

const knownRemoteConfig: Readonly<Record<keyof RemoteConfigSettings, true>> = {
  validate: true,
  apply: true,
  rollBack: true,
  timeoutMs: true,
  maxAttempts: true,
};
