import { type Clock, type Logger, systemClock } from "@opamp/protocol";
import { assertKnownMembers, guardLogger, numbersWithDefaults } from "@opamp/protocol/internal";
import type { AgentTrackerSettings } from "./agent-tracker.ts";
import type { SilencePolicy } from "./presence.ts";
import type { DuplicatePolicy } from "./track-context.ts";

/** The settings with every default filled in. */
export interface ResolvedTrackerSettings
  extends Pick<AgentTrackerSettings, "desired" | "onEvent" | "onMessage" | "store"> {
  readonly duplicates: DuplicatePolicy;
  readonly wantComponents: boolean;
  readonly silence: SilencePolicy;
  readonly maxAgents: number;
  readonly probeMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Fills in the defaults. Throws `invalid-argument` for a setting that makes no sense. */
export function resolveTrackerSettings(settings: AgentTrackerSettings): ResolvedTrackerSettings {
  assertKnownMembers("settings", settings, knownSettings);
  const { heartbeats = false, ...silence } = settings.silence ?? {};
  const { maxAgents, probeMs } = settings;
  const numbers = {
    ...(maxAgents !== undefined && { maxAgents }),
    ...(probeMs !== undefined && { probeMs }),
  };
  return {
    ...settings,
    ...numbersWithDefaults(
      "settings",
      { defaults: { maxAgents: 100_000, probeMs: 5000 }, atLeast: 1 },
      numbers,
    ),
    duplicates: settings.duplicates ?? "assign-new-uid",
    wantComponents: settings.wantComponents ?? false,
    silence: {
      heartbeats,
      ...numbersWithDefaults(
        "settings.silence",
        { defaults: { intervalMs: 30_000, missed: 3 }, atLeast: 1 },
        silence,
      ),
    },
    logger: guardLogger(settings.logger),
    clock: settings.clock ?? systemClock,
  };
}

const knownSettings: Readonly<Record<keyof AgentTrackerSettings, true>> = {
  desired: true,
  onEvent: true,
  onMessage: true,
  store: true,
  duplicates: true,
  wantComponents: true,
  silence: true,
  maxAgents: true,
  probeMs: true,
  logger: true,
  clock: true,
};
