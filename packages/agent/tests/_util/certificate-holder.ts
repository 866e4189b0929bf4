import { exponentialBackoff } from "@opamp/client";
import { type Agent, type AgentSettings, createAgent } from "../../src/index.ts";

/** An agent that wants a certificate, and is quick to try again. */
export function createCertificateHolder(
  settings: Pick<AgentSettings, "serverUrl" | "stateDirectory"> & Partial<AgentSettings>,
): Promise<Agent> {
  const retry = exponentialBackoff({ initialMs: 10, maxMs: 50 });
  return createAgent({
    description: { serviceName: "edge" },
    connectionSettings: { certificate: { retry } },
    retry,
    ...settings,
  });
}
