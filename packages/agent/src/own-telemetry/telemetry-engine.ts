import type { AgentDescriptionSettings, ConnectionSettingsPolicy } from "@opamp/client";
import type {
  AgentCapability,
  Clock,
  ConnectionSettingsOffers,
  Logger,
  Random,
} from "@opamp/protocol";
import { assertKnownMembers, assertNumberSetting } from "@opamp/protocol/internal";
import type { ActivityObserver } from "../activities.ts";
import { createLogSignal } from "./log-signal.ts";
import { createMetricSignal } from "./metric-signal.ts";
import type { OwnTelemetry } from "./own-telemetry.ts";
import type { OwnTelemetrySettings } from "./own-telemetry-settings.ts";
import type { Signal, SignalOptions } from "./signal.ts";
import { SignalDestination } from "./signal-destination.ts";
import type { TelemetrySdk } from "./telemetry-sdk.ts";
import { createTraceSignal } from "./trace-signal.ts";

export interface TelemetryEngineOptions {
  readonly settings: OwnTelemetrySettings;
  readonly sdk: TelemetrySdk;
  /** The program's own logger. */
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: ConnectionSettingsPolicy;
  /** What the server is told of the agent, as of now. */
  readonly description: () => AgentDescriptionSettings;
}

/** Makes the agent's own telemetry and brings it where the server wants it. */
export interface TelemetryEngine {
  readonly capabilities: readonly AgentCapability[];
  readonly providers: OwnTelemetry;
  /** Hears of what the agent does, to make spans of it. */
  readonly observer: ActivityObserver | undefined;
  /** The program's own logger, and the destination of logs. */
  readonly logger: Logger;
  /** Takes a whole offer or nothing of it. Throws `invalid-argument`, naming the field. */
  take(offers: ConnectionSettingsOffers): void;
  /** Sends what is left, for `withinMs` at most. */
  close(withinMs: number): Promise<void>;
}

export function createTelemetryEngine(options: TelemetryEngineOptions): TelemetryEngine {
  const { logger, clock } = options;
  const wanted = resolveSettings(options.settings);
  const common = signalOptions(options);
  const { metricIntervalMs: intervalMs } = wanted;
  const metrics = wanted.metrics ? createMetricSignal({ ...common, intervalMs, clock }) : undefined;
  const traces = wanted.traces ? createTraceSignal(common) : undefined;
  const logs = wanted.logs ? createLogSignal(common) : undefined;
  const destinations = [metrics, traces, logs]
    .filter((signal) => signal !== undefined)
    .map((signal: Signal) => new SignalDestination({ ...options, signal }));
  return {
    capabilities: destinations.map(({ capability }) => capability),
    providers: {
      meterProvider: metrics?.provider,
      tracerProvider: traces?.provider,
      loggerProvider: logs?.provider,
    },
    observer: traces,
    logger: logs?.beside(logger) ?? logger,
    take(offers) {
      const prepared = destinations.map((destination) => destination.prepare(offers));
      for (const take of prepared) take();
    },
    async close(withinMs) {
      await Promise.all(destinations.map((destination) => destination.close(withinMs)));
    },
  };
}

const knownSettings: Readonly<Record<keyof OwnTelemetrySettings, true>> = {
  metrics: true,
  traces: true,
  logs: true,
  metricIntervalMs: true,
};

function resolveSettings(given: OwnTelemetrySettings): Required<OwnTelemetrySettings> {
  assertKnownMembers("ownTelemetry", given, knownSettings);
  const { metrics = true, traces = true, logs = true, metricIntervalMs = 10_000 } = given;
  assertNumberSetting("ownTelemetry.metricIntervalMs", metricIntervalMs, 1);
  return { metrics, traces, logs, metricIntervalMs };
}

function signalOptions({ sdk, description }: TelemetryEngineOptions): SignalOptions {
  return {
    sdk,
    resource() {
      const { identifyingAttributes, nonIdentifyingAttributes } = description();
      // The same attribute in both: what identifies the agent counts (C-134).
      return { ...nonIdentifyingAttributes, ...identifyingAttributes };
    },
  };
}
