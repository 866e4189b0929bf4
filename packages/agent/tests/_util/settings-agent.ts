import { exponentialBackoff } from "@opamp/client";
import { type Agent, type AgentSettings, createAgent } from "../../src/index.ts";

/** An agent that lets servers change its connections. The header says which settings it comes with. */
export interface SettingsAgent extends AsyncDisposable {
  readonly agent: Agent;
  /** The endpoint of the other connection in force; undefined until there was one. */
  readonly other: string | undefined;
}

export async function createSettingsAgent(
  settings: Pick<AgentSettings, "serverUrl" | "stateDirectory"> & Partial<AgentSettings>,
): Promise<SettingsAgent> {
  let other: string | undefined;
  const agent = await createAgent({
    description: { serviceName: "edge" },
    headers: { "x-settings": "given" },
    connectionSettings: {
      otherConnections: {
        apply(connections) {
          other = connections.other?.destinationEndpoint;
        },
      },
    },
    retry: exponentialBackoff({ initialMs: 10, maxMs: 50 }),
    ...settings,
  });
  return {
    agent,
    get other() {
      return other;
    },
    [Symbol.asyncDispose]: () => agent.stop(),
  };
}
