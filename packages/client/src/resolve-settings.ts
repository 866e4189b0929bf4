import {
  AgentCapabilities,
  type AgentDescription,
  type AgentDescriptionInit,
  attributesFromKeyValues,
  bitsFromAgentCapabilities,
  bitsFromAgentToServerFlags,
  type Clock,
  DEFAULT_HEARTBEAT_INTERVAL_MS,
  DEFAULT_MAX_MESSAGE_BYTES,
  describeThrown,
  type InstanceUid,
  keyValuesFromAttributes,
  type Logger,
  OpAMPError,
  parseInstanceUid,
  type Random,
  systemClock,
} from "@opamp/protocol";
import { assertNumberSetting, guardLogger, numbersWithDefaults } from "@opamp/protocol/internal";
import { assertKnownSettings } from "./known-settings.ts";
import type { PackagesOptions } from "./packages/packages-options.ts";
import { defaultPackageNumbers, type ResolvedPackages } from "./packages/resolve-packages.ts";
import { exponentialBackoff, type RetryPolicy } from "./retry-policy.ts";
import type {
  AgentDescriptionSettings,
  ClientLimits,
  ClientTimeouts,
  StartSettings,
} from "./settings.ts";

const defaultLimits: Required<ClientLimits> = {
  maxSendBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxReceiveBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxQueuedMessages: 2048,
  maxQueuedBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxRedirects: 5,
};

const defaultTimeouts: Required<ClientTimeouts> = {
  connectMs: 10_000,
  responseMs: 30_000,
  writeMs: 10_000,
  pingIntervalMs: 30_000,
  pongMs: 10_000,
  stopMs: 5_000,
  switchMs: 30_000,
  maxRetryAfterMs: 3_600_000,
};

/** What the rest of the client works with: every default filled in, every value checked. */
export interface ResolvedSettings {
  readonly instanceUid: InstanceUid | undefined;
  readonly agentDescription: AgentDescriptionInit;
  readonly capabilityBits: bigint;
  readonly flagBits: bigint;
  readonly heartbeatIntervalMs: number;
  readonly limits: Required<ClientLimits>;
  readonly timeouts: Required<ClientTimeouts>;
  readonly packages: ResolvedPackages;
  readonly retry: RetryPolicy;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is resolved already, where a client shares it with others. */
export type Inherited = Pick<
  ResolvedSettings,
  "limits" | "timeouts" | "retry" | "logger" | "clock" | "random"
>;

/**
 * Throws `invalid-argument`, naming the member, for a value that does not fit. What is inherited
 * stands in for what is not given.
 */
export function resolveSettings(settings: StartSettings, inherited?: Inherited): ResolvedSettings {
  assertKnownSettings(settings);
  const { instanceUid, heartbeatIntervalMs = DEFAULT_HEARTBEAT_INTERVAL_MS } = settings;
  assertNumberSetting("heartbeatIntervalMs", heartbeatIntervalMs, 0);
  return {
    instanceUid:
      instanceUid === undefined
        ? undefined
        : namedSetting("instanceUid", () => parseInstanceUid(instanceUid)),
    agentDescription: descriptionFromSettings(settings.agentDescription),
    capabilityBits: capabilityBits(settings.capabilities ?? ["ReportsHeartbeat"]),
    flagBits: bitsFromAgentToServerFlags(settings.flags ?? []),
    heartbeatIntervalMs,
    ...resolveShareable(settings, inherited),
    packages:
      settings.packages === undefined ? defaultPackages : resolvePackages(settings.packages),
  };
}

/** What many clients may have in common is one object for all of them. */
function resolveShareable(settings: StartSettings, inherited: Inherited | undefined): Inherited {
  const { limits, timeouts, retry, logger, clock, random } = settings;
  return {
    limits: (limits === undefined && inherited?.limits) || resolveLimits(limits),
    timeouts: (timeouts === undefined && inherited?.timeouts) || resolveTimeouts(timeouts),
    retry: retry ?? inherited?.retry ?? exponentialBackoff(),
    logger: (logger === undefined && inherited?.logger) || guardLogger(logger),
    clock: clock ?? inherited?.clock ?? systemClock,
    random: random ?? inherited?.random ?? Math.random,
  };
}

export function resolveLimits(limits?: ClientLimits): Required<ClientLimits> {
  return numbersWithDefaults("limits", { defaults: defaultLimits, atLeast: 1 }, limits);
}

export function resolveTimeouts(timeouts?: ClientTimeouts): Required<ClientTimeouts> {
  return numbersWithDefaults("timeouts", { defaults: defaultTimeouts, atLeast: 0 }, timeouts);
}

function resolvePackages(options: PackagesOptions): ResolvedPackages {
  const { retry, fetch, verifySignature, allowInsecureDownloads = false, ...numbers } = options;
  return {
    ...numbersWithDefaults("packages", { defaults: defaultPackageNumbers, atLeast: 1 }, numbers),
    ...(retry && { retry }),
    ...(fetch && { fetch }),
    ...(verifySignature && { verifySignature }),
    allowInsecureDownloads,
  };
}

const defaultPackages = resolvePackages({});

/** Puts the name of the setting before what is wrong with it. */
export function namedSetting<T>(name: string, resolve: () => T): T {
  try {
    return resolve();
  } catch (cause) {
    throw new OpAMPError("invalid-argument", `${name}: ${describeThrown(cause)}`, { cause });
  }
}

/** ReportsStatus is always there (C-62); bits without a meaning are refused (C-60). */
export function capabilityBits(names: NonNullable<StartSettings["capabilities"]>): bigint {
  const bits = bitsFromAgentCapabilities(names);
  const unknown = names.find((name) => name.startsWith("bit"));
  if (unknown !== undefined) {
    throw new OpAMPError("invalid-argument", `${unknown} is not an agent capability`);
  }
  return bits | AgentCapabilities.ReportsStatus;
}

export function descriptionFromSettings(
  description: AgentDescriptionSettings,
): AgentDescriptionInit {
  const { identifyingAttributes, nonIdentifyingAttributes = {} } = description ?? {};
  if (identifyingAttributes === undefined || Object.keys(identifyingAttributes).length === 0) {
    throw new OpAMPError(
      "invalid-argument",
      'agentDescription.identifyingAttributes is empty; expected at least one, such as {"service.name": "edge"}',
    );
  }
  return {
    identifyingAttributes: keyValuesFromAttributes(identifyingAttributes),
    nonIdentifyingAttributes: keyValuesFromAttributes(nonIdentifyingAttributes),
  };
}

/** The other way round, for whoever asks what is reported. */
export function settingsFromDescription({
  identifyingAttributes = [],
  nonIdentifyingAttributes = [],
}: Partial<AgentDescription> = {}): AgentDescriptionSettings {
  return {
    identifyingAttributes: attributesFromKeyValues(identifyingAttributes),
    nonIdentifyingAttributes: attributesFromKeyValues(nonIdentifyingAttributes),
  };
}
