import { OpAMPError } from "@opamp/protocol";
import { assertKnownMembers } from "@opamp/protocol/internal";
import type { ConnectionSettingsOptions } from "./connection-settings/connection-settings-options.ts";
import { assertHealth } from "./health.ts";
import type { PackagesSettings } from "./packages/packages-settings.ts";
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
  const { packages = {}, connectionSettings = {} } = settings;
  assertKnownMembers("settings.packages", packages, knownPackages);
  assertKnownMembers("settings.connectionSettings", connectionSettings, knownConnectionSettings);
  assertNeeded(settings);
}

function assertNeeded(settings: AgentSettings): void {
  const { serverUrl, stateDirectory, description, remoteConfig, health }: Partial<AgentSettings> =
    settings;
  if (serverUrl === undefined) {
    throw problem("settings.serverUrl is missing; expected such as wss://fleet.example.com");
  }
  if (typeof stateDirectory !== "string" || stateDirectory === "") {
    throw problem("settings.stateDirectory is missing; expected the path of a directory");
  }
  if (description === undefined) {
    throw problem('settings.description is missing; expected such as { serviceName: "edge" }');
  }
  if (remoteConfig !== undefined && typeof remoteConfig.apply !== "function") {
    throw problem("settings.remoteConfig.apply is missing; expected a function");
  }
  if (health !== undefined) assertHealth("settings.health", health);
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

/** A misspelt `trust` would let any package in. */
const knownPackages: Readonly<Record<keyof PackagesSettings, true>> = {
  trust: true,
  verifySignature: true,
  install: true,
  uninstall: true,
  isHealthy: true,
  timeoutMs: true,
  healthCheckMs: true,
  maxInstallAttempts: true,
  maxConcurrentDownloads: true,
  maxPackageBytes: true,
  progressIntervalMs: true,
  maxAttempts: true,
  maxRetryAfterMs: true,
  connectTimeoutMs: true,
  responseTimeoutMs: true,
  stallTimeoutMs: true,
  restoreTimeoutMs: true,
  retry: true,
  fetch: true,
  allowInsecureDownloads: true,
};

const knownConnectionSettings: Readonly<Record<keyof ConnectionSettingsOptions, true>> = {
  policy: true,
  certificate: true,
  otherConnections: true,
};
