import { OpAMPError } from "@opamp/protocol";
import {
  assertKnownMembers,
  assertNumberSetting,
  numbersWithDefaults,
} from "@opamp/protocol/internal";
import type { OverloadSettings, RateLimit, RetryAfterRange } from "./overload-settings.ts";
import type { Rate } from "./rate.ts";

/** The settings, with rates as they are counted. */
export interface ResolvedOverload {
  readonly maxConnections: number;
  readonly handshakes: Rate | undefined;
  readonly messages: Rate | undefined;
  readonly messagesPerAgent: Rate | undefined;
  readonly retryAfter: Required<RetryAfterRange>;
}

const knownSettings: Readonly<Record<keyof OverloadSettings, true>> = {
  maxConnections: true,
  handshakes: true,
  messages: true,
  messagesPerAgent: true,
  retryAfter: true,
};

/** The default begins at what the specification recommends as the minimum (C-231). */
const defaultRetryAfter: Required<RetryAfterRange> = { minMs: 30_000, maxMs: 60_000 };

/** Throws `invalid-argument` for a limit that makes no sense. */
export function resolveOverload(settings: OverloadSettings = {}): ResolvedOverload {
  assertKnownMembers("settings.overload", settings, knownSettings);
  const { maxConnections = Number.POSITIVE_INFINITY } = settings;
  if (settings.maxConnections !== undefined) {
    assertNumberSetting("settings.overload.maxConnections", maxConnections, 1);
  }
  return {
    maxConnections,
    handshakes: rateOf("handshakes", settings.handshakes),
    messages: rateOf("messages", settings.messages),
    messagesPerAgent: rateOf("messagesPerAgent", settings.messagesPerAgent),
    retryAfter: resolveRetryAfter(settings.retryAfter),
  };
}

function rateOf(name: keyof OverloadSettings, limit: RateLimit | undefined): Rate | undefined {
  return rateFrom(`settings.overload.${name}`, limit);
}

/** A limit as it is counted. Throws `invalid-argument` for one that makes no sense. */
export function rateFrom(group: string, limit: RateLimit | undefined): Rate | undefined {
  if (limit === undefined) return undefined;
  assertKnownMembers(group, limit, { perSecond: true, burst: true });
  const { perSecond, burst = perSecond } = limit;
  assertNumberSetting(`${group}.perSecond`, perSecond, 1);
  assertNumberSetting(`${group}.burst`, burst, 1);
  const intervalMs = 1000 / perSecond;
  return { intervalMs, toleranceMs: (burst - 1) * intervalMs };
}

function resolveRetryAfter(range: RetryAfterRange | undefined): Required<RetryAfterRange> {
  const group = "settings.overload.retryAfter";
  // Who says the minimum alone does not mean less than it.
  const maxMs = Math.max(defaultRetryAfter.maxMs, 2 * (range?.minMs ?? 0));
  const defaults = { ...defaultRetryAfter, maxMs };
  const resolved = numbersWithDefaults(group, { defaults, atLeast: 1 }, range);
  if (resolved.minMs <= resolved.maxMs) return resolved;
  throw new OpAMPError(
    "invalid-argument",
    `${group}.minMs is ${resolved.minMs}, more than maxMs, which is ${resolved.maxMs}`,
  );
}
