import type { Callbacks, StartSettings } from "@opamp/client";
import { OpAMPError } from "@opamp/protocol";
import type { Feature } from "./feature.ts";
import type { AgentSettings, ConnectionOptions } from "./settings.ts";

/** What the client is made with: the sum of what the features ask for. */
export function clientSettings(
  settings: AgentSettings,
  features: readonly Feature[],
): StartSettings {
  const wanted: Partial<StartSettings> = Object.assign(
    {},
    ...features.map(({ startSettings }) => startSettings),
  );
  if (wanted.agentDescription === undefined) {
    throw new OpAMPError("invalid-argument", "description is missing");
  }
  return {
    ...connectionOptions(settings),
    ...wanted,
    agentDescription: wanted.agentDescription,
    serverUrl: settings.serverUrl,
    capabilities: [
      "ReportsStatus",
      "ReportsHeartbeat",
      ...features.flatMap(({ capabilities = [] }) => capabilities),
    ],
    callbacks: combinedCallbacks(settings, features),
  };
}

function combinedCallbacks({ callbacks }: AgentSettings, features: readonly Feature[]): Callbacks {
  return {
    ...callbacks,
    ...Object.assign({}, ...features.map((feature) => feature.callbacks)),
    onMessage(data) {
      for (const { onMessage } of features) onMessage?.(data);
    },
    ...takersOfSettings(features),
  };
}

/** One after the other: what is offered counts as taken when all have taken it. */
function takersOfSettings(features: readonly Feature[]): Callbacks {
  const takers = features.filter((feature) => feature.takeConnectionSettings !== undefined);
  if (takers.length === 0) return {};
  return {
    async onConnectionSettings(offers, context) {
      for (const taker of takers) await taker.takeConnectionSettings?.(offers, context);
    },
  };
}

const connectionOptionNames = [
  "headers",
  "tls",
  "proxy",
  "compression",
  "heartbeatIntervalMs",
  "limits",
  "timeouts",
  "retry",
  "logger",
  "clock",
  "random",
  "transport",
] as const satisfies readonly (keyof ConnectionOptions)[];

function connectionOptions(settings: ConnectionOptions): ConnectionOptions {
  const given = connectionOptionNames.filter((name) => settings[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, settings[name]]));
}
