import {
  bitsFromServerCapabilities,
  type Clock,
  DEFAULT_MAX_MESSAGE_BYTES,
  DEFAULT_PATH,
  type Logger,
  OpAMPError,
  ServerCapabilities,
  silentLogger,
  systemClock,
} from "@opamp/protocol";
import type { ServerCallbacks } from "./callbacks.ts";
import type { ServerLimits, ServerSettings, ServerTimeouts } from "./settings.ts";

/** The settings with every default filled in. */
export interface ResolvedSettings {
  readonly callbacks: ServerCallbacks;
  /** The bits to announce: only defined ones, AcceptsStatus always among them (S-44, S-45). */
  readonly capabilities: bigint;
  readonly customCapabilities: readonly string[] | undefined;
  readonly path: string;
  readonly compression: boolean;
  readonly limits: Required<ServerLimits>;
  readonly timeouts: Required<ServerTimeouts>;
  readonly logger: Logger;
  readonly clock: Clock;
}

const defaultLimits: Required<ServerLimits> = {
  maxReceiveBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxSendBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxQueuedMessages: 256,
  maxQueuedBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxPendingMessages: 16,
  maxAgentsPerConnection: 10_000,
};

const defaultTimeouts: Required<ServerTimeouts> = {
  requestMs: 30_000,
  writeMs: 30_000,
  pingIntervalMs: 30_000,
  pongMs: 10_000,
  closeMs: 10_000,
};

/** Fills in the defaults. Throws `invalid-argument` for a setting that makes no sense. */
export function resolveSettings(settings: ServerSettings): ResolvedSettings {
  return {
    callbacks: settings.callbacks ?? {},
    capabilities: announcedCapabilities(settings),
    customCapabilities: settings.customCapabilities,
    path: validatePath(settings.path ?? DEFAULT_PATH),
    compression: settings.compression ?? true,
    limits: numbersWithDefaults("limits", { defaults: defaultLimits, atLeast: 1 }, settings.limits),
    timeouts: numbersWithDefaults(
      "timeouts",
      { defaults: defaultTimeouts, atLeast: 0 },
      settings.timeouts,
    ),
    logger: settings.logger ?? silentLogger,
    clock: settings.clock ?? systemClock,
  };
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

function validatePath(path: string): string {
  if (path.startsWith("/") && !/[?#\s]/.test(path)) return path;
  throw new OpAMPError(
    "invalid-argument",
    `settings.path is ${JSON.stringify(path)}; expected a path such as ${DEFAULT_PATH}`,
  );
}

/** The most that timers and size limits of the platform take: 24 days, 2 GiB. */
const MAX_NUMBER = 2 ** 31 - 1;

type Numbers<K extends string> = Readonly<Record<K, number>>;

function numbersWithDefaults<K extends string>(
  group: string,
  rule: { readonly defaults: Numbers<K>; readonly atLeast: number },
  given: { readonly [P in K]?: number } = {},
): Numbers<K> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(rule.defaults, name));
  if (unknown !== undefined) {
    throw new OpAMPError(
      "invalid-argument",
      `settings.${group}.${unknown} is not an option; known are ${Object.keys(rule.defaults).join(", ")}`,
    );
  }
  const result: Record<K, number> = { ...rule.defaults };
  for (const name in rule.defaults) {
    const value = given[name] ?? rule.defaults[name];
    if (!Number.isSafeInteger(value) || value < rule.atLeast || value > MAX_NUMBER) {
      throw new OpAMPError(
        "invalid-argument",
        `settings.${group}.${name} is ${value}; expected a whole number from ${rule.atLeast} to ${MAX_NUMBER}`,
      );
    }
    result[name] = value;
  }
  return result;
}
