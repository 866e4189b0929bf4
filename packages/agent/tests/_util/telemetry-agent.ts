import {
  type ConnectionSettingsOffersInit,
  ConnectionSettingsStatuses,
  type TelemetryConnectionSettingsInit,
} from "@opamp/protocol";
import type { AgentSettings } from "../../src/index.ts";
import type { SignalName } from "./otlp-messages.ts";
import { type ScriptedAgent, startScriptedAgent } from "./scripted-agent.ts";

/** An agent with own telemetry, and what a server offers to it. */
export interface TelemetryAgent extends Omit<ScriptedAgent, "statuses"> {
  /** Offers a destination for one signal, under a new hash. */
  offerDestination(signal: SignalName, settings: TelemetryConnectionSettingsInit): Promise<void>;
  /** The same, with nothing but a URL. */
  offerUrl(signal: SignalName, destinationEndpoint: string): Promise<void>;
  offerSettings(settings: ConnectionSettingsOffersInit): Promise<void>;
  /** What became of each offer: the last byte of its hash, the status, and the error message. */
  readonly outcomes: readonly string[];
}

const members = { metrics: "ownMetrics", traces: "ownTraces", logs: "ownLogs" } as const;

export async function startTelemetryAgent(
  settings: Partial<AgentSettings> = {},
): Promise<TelemetryAgent> {
  const scripted = await startScriptedAgent({ ownTelemetry: {}, ...settings });
  let offers = 0;
  const offerSettings = (connectionSettings: ConnectionSettingsOffersInit): Promise<void> => {
    offers += 1;
    const hash = Uint8Array.of(offers);
    return scripted.tell({ connectionSettings: { hash, ...connectionSettings } });
  };
  const offerDestination: TelemetryAgent["offerDestination"] = (signal, destination) =>
    offerSettings({ [members[signal]]: destination });
  return {
    ...scripted,
    offerSettings,
    offerDestination,
    offerUrl: (signal, destinationEndpoint) => offerDestination(signal, { destinationEndpoint }),
    get outcomes() {
      return outcomesOf(scripted);
    },
  };
}

function outcomesOf({ messages }: ScriptedAgent): readonly string[] {
  const { APPLIED, FAILED } = ConnectionSettingsStatuses;
  return messages.flatMap(({ connectionSettingsStatus: said }) => {
    if (said === undefined || (said.status !== APPLIED && said.status !== FAILED)) return [];
    const status = said.status === APPLIED ? "APPLIED" : "FAILED";
    return [`${said.lastConnectionSettingsHash.at(-1)} ${status} ${said.errorMessage}`.trim()];
  });
}
