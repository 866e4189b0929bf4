import { type Agent, createAgent } from "@opamp/agent";
import { createOpAMPClient, type OpAMPClient } from "@opamp/client";
import { type AgentToServerInit, encodeAgentToServer } from "@opamp/protocol";
import { createOpAMPServer, type OpAMPServer } from "@opamp/server";
import { createFetchHandler, type FetchHandler } from "@opamp/server/fetch";

const report: AgentToServerInit = { health: { healthy: true } };
export const bytes: Uint8Array = encodeAgentToServer(report);
export const server: OpAMPServer = createOpAMPServer({});
export const handler: FetchHandler = createFetchHandler({});
export const client: OpAMPClient = createOpAMPClient({
  serverUrl: "ws://localhost",
  agentDescription: { identifyingAttributes: { "service.name": "types" } },
});
/** The peers for own telemetry are not installed here. */
export const agent: Promise<Agent> = createAgent({
  serverUrl: "ws://localhost",
  stateDirectory: "state",
  description: { serviceName: "types" },
  ownTelemetry: {},
});

// @ts-expect-error: were the types not found, anything would be accepted.
encodeAgentToServer({ health: { healthy: "yes" } });
