import assert from "node:assert/strict";
import type { AgentToServer, AgentToServerInit } from "@opamp/protocol";
import type { ServerCaseContext } from "../../runner/server-case-context.ts";
import { messageOf } from "./checks.ts";

/** What the application gets of a message of an agent. */
export async function deliver(
  context: ServerCaseContext,
  message: AgentToServerInit,
): Promise<AgentToServer> {
  const server = await context.start();
  const agent = await server.connect();
  assert.equal(messageOf(await agent.exchange(message)).errorResponse, undefined);
  return server.application.delivered.take();
}
