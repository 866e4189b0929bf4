import { type Clock, type Logger, OpAMPError, type Random, systemClock } from "@opamp/protocol";
import { assertKnownMembers, guardLogger } from "@opamp/protocol/internal";
import { resolveLimits, resolveTimeouts } from "../resolve-settings.ts";
import { exponentialBackoff, type RetryPolicy } from "../retry-policy.ts";
import { agentLimits, type ClientLimits, type ClientTimeouts } from "../settings.ts";
import type { SharedConnectionOptions } from "./shared-connection.ts";

/** What a shared connection works with: every default filled in, every value checked. */
export interface ResolvedShared extends SharedConnectionOptions {
  readonly limits: Required<ClientLimits>;
  readonly timeouts: Required<ClientTimeouts>;
  readonly retry: RetryPolicy;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** Throws `invalid-argument`, naming the member, for a value that does not fit. */
export function resolveShared(options: SharedConnectionOptions): ResolvedShared {
  assertKnownMembers("options", options, knownOptions);
  const { limits = {}, timeouts = {} } = options;
  refuse("limits", limits, agentLimits);
  refuse("timeouts", timeouts, ["switchMs"]);
  return {
    ...options,
    limits: resolveLimits(limits),
    timeouts: resolveTimeouts(timeouts),
    retry: options.retry ?? exponentialBackoff(),
    logger: guardLogger(options.logger),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

const knownOptions: Readonly<Record<keyof SharedConnectionOptions, true>> = {
  serverUrl: true,
  headers: true,
  tls: true,
  proxy: true,
  compression: true,
  checkRedirect: true,
  limits: true,
  timeouts: true,
  retry: true,
  logger: true,
  clock: true,
  random: true,
  transport: true,
};

function refuse(group: string, given: object, names: readonly string[]): void {
  const name = names.find((candidate) => Object.hasOwn(given, candidate));
  if (name === undefined) return;
  throw new OpAMPError(
    "invalid-argument",
    `${group}.${name} is not an option of a shared connection`,
  );
}
