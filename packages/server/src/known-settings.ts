import { assertKnownMembers } from "@opamp/protocol/internal";
import type { ServerCallbacks } from "./callbacks.ts";
import type { ServerSettings } from "./settings.ts";

/** Throws `invalid-argument` for a setting or callback that there is none of, such as a misspelt one. */
export function assertKnownSettings(settings: ServerSettings): void {
  assertKnownMembers("settings", settings, knownSettings);
  assertKnownMembers("settings.callbacks", settings.callbacks ?? {}, knownCallbacks);
}

const knownSettings: Readonly<Record<keyof ServerSettings, true>> = {
  callbacks: true,
  capabilities: true,
  customCapabilities: true,
  path: true,
  allowedOrigins: true,
  compression: true,
  limits: true,
  timeouts: true,
  overload: true,
  logger: true,
  clock: true,
  random: true,
};

const knownCallbacks: Readonly<Record<keyof ServerCallbacks, true>> = {
  onConnecting: true,
  onConnected: true,
  onMessage: true,
  onReadMessageError: true,
  onMessageResponseError: true,
  onConnectionClosed: true,
};
