import { agentHasCapability, OpAMPError } from "@opamp/protocol";
import type { SharedStartSettings, StartSettings } from "../settings.ts";
import type { Line } from "./line.ts";
import { connectionLimits } from "./shared-connection.ts";

/** What is the connection's to say, and where. */
const connectionSettings = [
  "serverUrl",
  "headers",
  "tls",
  "proxy",
  "compression",
  "retry",
  "timeouts",
  "transport",
] as const satisfies readonly (keyof StartSettings)[];

/**
 * The settings of a client on a shared connection as if the connection were its own. Throws
 * `invalid-argument`, naming the member, for one that is the connection's or cannot be.
 */
export function settingsOnLine(settings: SharedStartSettings, line: Line): StartSettings {
  const { options } = line;
  const { connection: _, limits, ...agent } = settings;
  assertAgentSettings(settings);
  return {
    serverUrl: options.serverUrl,
    ...(options.tls && { tls: options.tls }),
    ...(options.proxy && { proxy: options.proxy }),
    ...(agent as Omit<typeof agent, "serverUrl">),
    ...(limits && { limits: { ...options.limits, ...limits } }),
  };
}

/** Throws `invalid-argument` for what one client cannot do where others are on its connection. */
export function assertSharable(capabilityBits: bigint): void {
  if (!agentHasCapability(capabilityBits, "AcceptsOpAMPConnectionSettings")) return;
  throw new OpAMPError(
    "invalid-argument",
    "capabilities: a client on a shared connection cannot have AcceptsOpAMPConnectionSettings, for it cannot take the others along",
  );
}

function assertAgentSettings(settings: SharedStartSettings): void {
  const misplaced =
    connectionSettings.find((name) => Object.hasOwn(settings, name)) ??
    connectionLimits
      .filter((name) => Object.hasOwn(settings.limits ?? {}, name))
      .map((name) => `limits.${name}`)[0] ??
    (settings.candidateConnectionSettings?.settings && "candidateConnectionSettings.settings") ??
    (settings.callbacks?.checkRedirect && "callbacks.checkRedirect");
  if (misplaced === undefined) return;
  throw new OpAMPError(
    "invalid-argument",
    `${misplaced} is not a client's to say where connection is given; give it to createSharedConnection()`,
  );
}
