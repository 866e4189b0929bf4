import type { Callbacks, StartSettings, WholeConnectionSettings } from "@opamp/client";
import { OpAMPError } from "@opamp/protocol";
import type { Feature } from "./feature.ts";
import type { AgentSettings, ConnectionOptions } from "./settings.ts";

/** What the client is made with: the sum of what the features ask for. */
export function clientSettings(
  settings: AgentSettings,
  features: readonly Feature[],
  connection: WholeConnectionSettings,
): StartSettings {
  const wanted: Partial<StartSettings> = Object.assign(
    {},
    ...features.map(({ startSettings }) => startSettings),
  );
  if (wanted.agentDescription === undefined) {
    throw new OpAMPError("invalid-argument", "description is missing");
  }
  return {
    ...otherOptions(settings),
    ...wanted,
    agentDescription: wanted.agentDescription,
    ...connectionOptions(connection),
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
    onServerError(error) {
      for (const { onServerError } of features) onServerError?.(error);
      return callbacks?.onServerError?.(error);
    },
  };
}

function connectionOptions({ proxy, ...connection }: WholeConnectionSettings) {
  return { ...connection, ...(proxy && { proxy }) };
}

const otherOptionNames = [
  "limits",
  "timeouts",
  "retry",
  "logger",
  "clock",
  "random",
  "transport",
] as const satisfies readonly (keyof ConnectionOptions)[];

function otherOptions(settings: ConnectionOptions): ConnectionOptions {
  const given = otherOptionNames.filter((name) => settings[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, settings[name]]));
}
