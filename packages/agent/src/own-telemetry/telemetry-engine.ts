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

/** What the protocol calls the offers for each signal. */
const offerNames = { metrics: "own_metrics", traces: "own_traces", logs: "own_logs" } as const;
const offerMembers = { metrics: "ownMetrics", traces: "ownTraces", logs: "ownLogs" } as const;
const capabilities = {
  metrics: "ReportsOwnMetrics",
  traces: "ReportsOwnTraces",
  logs: "ReportsOwnLogs",
} as const;

type SignalName = keyof typeof offerNames;

export function createTelemetryEngine(options: TelemetryEngineOptions): TelemetryEngine {
  const { settings, logger, clock } = options;
  const {
    metrics: wantsMetrics = true,
    traces: wantsTraces = true,
    logs: wantsLogs = true,
  } = settings;
  const intervalMs = settings.metricIntervalMs ?? DEFAULT_METRIC_INTERVAL_MS;
  assertNumberSetting("ownTelemetry.metricIntervalMs", intervalMs, 1);
  assertKnownMembers("ownTelemetry", settings, knownSettings);
  const common = signalOptions(options);
  const metrics = wantsMetrics ? createMetricSignal({ ...common, intervalMs, clock }) : undefined;
  const traces = wantsTraces ? createTraceSignal(common) : undefined;
  const logs = wantsLogs ? createLogSignal(common) : undefined;
  const destinations = destinationsOf({ metrics, traces, logs }, options);
  return {
    capabilities: [...destinations.keys()].map((name) => capabilities[name]),
    providers: {
      meterProvider: metrics?.provider,
      tracerProvider: traces?.provider,
      loggerProvider: logs?.provider,
    },
    observer: traces,
    logger: logs?.beside(logger) ?? logger,
    take(offers) {
      const prepared = [...destinations].map(([name, destination]) =>
        destination.prepare(offers[offerMembers[name]]),
      );
      for (const take of prepared) take();
    },
    async close(withinMs) {
      const all = [...destinations.values()];
      await Promise.all(all.map((destination) => destination.close(withinMs)));
    },
  };
}

const DEFAULT_METRIC_INTERVAL_MS = 10_000;

const knownSettings: Readonly<Record<keyof OwnTelemetrySettings, true>> = {
  metrics: true,
  traces: true,
  logs: true,
  metricIntervalMs: true,
};

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

function destinationsOf(
  signals: { readonly [N in SignalName]: Signal | undefined },
  options: TelemetryEngineOptions,
): ReadonlyMap<SignalName, SignalDestination> {
  const destinations = new Map<SignalName, SignalDestination>();
  for (const name of Object.keys(offerNames) as SignalName[]) {
    const signal = signals[name];
    if (signal === undefined) continue;
    destinations.set(name, new SignalDestination({ ...options, name: offerNames[name], signal }));
  }
  return destinations;
}
