import {
  AgentCapabilities,
  type AgentDescriptionInit,
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

/** Throws `invalid-argument`, naming the member, for a value that does not fit. */
export function resolveSettings(settings: StartSettings): ResolvedSettings {
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
    limits: resolveLimits(settings.limits),
    timeouts: resolveTimeouts(settings.timeouts),
    packages: resolvePackages(settings.packages ?? {}),
    retry: settings.retry ?? exponentialBackoff(),
    logger: guardLogger(settings.logger),
    clock: settings.clock ?? systemClock,
    random: settings.random ?? Math.random,
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
