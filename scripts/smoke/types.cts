import { createOpAMPClient, type OpAMPClient } from "@opamp/client";
import { type AgentToServerInit, encodeAgentToServer } from "@opamp/protocol";
import { createOpAMPServer, type OpAMPServer } from "@opamp/server";

const report: AgentToServerInit = { health: { healthy: true } };
export const bytes: Uint8Array = encodeAgentToServer(report);
export const server: OpAMPServer = createOpAMPServer({});
export const client: OpAMPClient = createOpAMPClient({
  serverUrl: "ws://localhost",
  agentDescription: { identifyingAttributes: { "service.name": "types" } },
});

// @ts-expect-error: were the types not found, anything would be accepted.
encodeAgentToServer({ health: { healthy: "yes" } });
