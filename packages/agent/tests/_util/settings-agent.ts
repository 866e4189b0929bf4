import { exponentialBackoff } from "@opamp/client";
import { type Agent, type AgentSettings, createAgent } from "../../src/index.ts";

/** An agent that lets servers change its connection. The header says which settings it comes with. */
export function createSettingsAgent(
  settings: Pick<AgentSettings, "serverUrl" | "stateDirectory"> & Partial<AgentSettings>,
): Promise<Agent> {
  return createAgent({
    description: { serviceName: "edge" },
    headers: { "x-settings": "given" },
    connectionSettings: {},
    retry: exponentialBackoff({ initialMs: 10, maxMs: 50 }),
    ...settings,
  });
}
