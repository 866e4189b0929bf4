import {
  bitsFromServerCapabilities,
  type Clock,
  DEFAULT_MAX_MESSAGE_BYTES,
  DEFAULT_PATH,
  type Logger,
  OpAMPError,
  type Random,
  ServerCapabilities,
  systemClock,
} from "@opamp/protocol";
import {
  assertCustomCapabilities,
  guardLogger,
  numbersWithDefaults,
} from "@opamp/protocol/internal";
import type { ServerCallbacks } from "./callbacks.ts";
import { assertKnownSettings } from "./known-settings.ts";
import { type ResolvedOverload, resolveOverload } from "./overload/resolve-overload.ts";
import { type AllowedOrigins, validateOrigins } from "./security/allowed-origins.ts";
import type { ServerLimits, ServerSettings, ServerTimeouts } from "./settings.ts";

/** The settings with every default filled in. */
export interface ResolvedSettings {
  readonly callbacks: ServerCallbacks;
  /** The bits to announce: only defined ones, AcceptsStatus always among them (S-44, S-45). */
  readonly capabilities: bigint;
  readonly customCapabilities: readonly string[] | undefined;
  readonly path: string;
  readonly allowedOrigins: AllowedOrigins | undefined;
  readonly compression: boolean;
  readonly limits: Required<ServerLimits>;
  readonly timeouts: Required<ServerTimeouts>;
  readonly logger: Logger;
  readonly overload: ResolvedOverload;
  readonly clock: Clock;
  readonly random: Random;
}

const defaultLimits: Required<ServerLimits> = {
  maxReceiveBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxSendBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxQueuedMessages: 256,
  maxQueuedBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxPendingMessages: 16,
  maxUnreadableMessages: 16,
  maxHeaderBytes: 16_384,
  maxAgentsPerConnection: 10_000,
};

const defaultTimeouts: Required<ServerTimeouts> = {
  headersMs: 10_000,
  requestMs: 30_000,
  connectingMs: 30_000,
  writeMs: 30_000,
  pingIntervalMs: 30_000,
  pongMs: 10_000,
  drainMs: 0,
  closeMs: 10_000,
};

/** Fills in the defaults. Throws `invalid-argument` for a setting that makes no sense. */
export function resolveSettings(settings: ServerSettings): ResolvedSettings {
  assertKnownSettings(settings);
  return {
    callbacks: settings.callbacks ?? {},
    capabilities: announcedCapabilities(settings),
    customCapabilities: announcedCustomCapabilities(settings),
    path: validatePath(settings.path ?? DEFAULT_PATH),
    allowedOrigins: validateOrigins(settings.allowedOrigins),
    compression: settings.compression ?? true,
    limits: numbersWithDefaults(
      "settings.limits",
      { defaults: defaultLimits, atLeast: 1 },
      settings.limits,
    ),
    timeouts: numbersWithDefaults(
      "settings.timeouts",
      { defaults: defaultTimeouts, atLeast: 0 },
      settings.timeouts,
    ),
    logger: guardLogger(settings.logger),
    overload: resolveOverload(settings.overload),
    clock: settings.clock ?? systemClock,
    random: settings.random ?? Math.random,
  };
}

function announcedCustomCapabilities({
  customCapabilities,
}: ServerSettings): readonly string[] | undefined {
  if (customCapabilities === undefined) return undefined;
  assertCustomCapabilities("settings.customCapabilities", customCapabilities);
  return customCapabilities;
}

function announcedCapabilities(settings: ServerSettings): bigint {
  const wanted = bitsFromServerCapabilities(settings.capabilities ?? []);
  return maskServerCapabilities(wanted | ServerCapabilities.AcceptsStatus);
}

const definedCapabilities = Object.values(ServerCapabilities).reduce<bigint>(
  (all, bit) => all | bit,
  0n,
);

/** The bits that have a meaning; the others are sent as 0 (S-44, S-152). */
export function maskServerCapabilities(bits: bigint): bigint {
  return bits & definedCapabilities;
}

/** As it stands in the requests of agents, who have it from a URL. */
function validatePath(path: string): string {
  if (path.startsWith("/") && !/[?#\s]/.test(path)) return new URL(`http://agent${path}`).pathname;
  throw new OpAMPError(
    "invalid-argument",
    `settings.path is ${JSON.stringify(path)}; expected a path such as ${DEFAULT_PATH}`,
  );
}
