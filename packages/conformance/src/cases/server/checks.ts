import assert from "node:assert/strict";
import {
  type AgentToServer,
  encodeFrame,
  type ServerErrorResponse,
  ServerErrorResponseType,
  type ServerToAgent,
} from "@opamp/protocol";
import type { RawWebSocketAgent } from "../../raw/raw-agent.ts";
import { NotSupportedError } from "../../runner/not-supported-error.ts";
import type { StartedServer } from "../../runner/server-case-context.ts";
import { hex } from "../bytes.ts";

/** An answer, a response or a frame. */
interface Answer {
  readonly message: ServerToAgent | undefined;
  /** The HTTP status. */
  readonly status?: number;
}

/** The message of an answer; fails when there is none. */
export function messageOf({ message, status }: Answer): ServerToAgent {
  assert.ok(message, `expected a ServerToAgent; the status is ${status ?? "that of WebSocket"}`);
  return message;
}

/** The error of an answer; fails when there is none. */
export function errorOf(answer: Answer): ServerErrorResponse {
  const { errorResponse } = messageOf(answer);
  assert.ok(errorResponse, "expected an error_response");
  return errorResponse;
}

/** Fails unless an answer says BAD_REQUEST. */
export function assertBadRequest(answer: Answer): void {
  assert.equal(errorOf(answer).type, ServerErrorResponseType.BadRequest);
}

/**
 * Fails unless the server still serves, and nothing but this new agent reached its application,
 * where that can be seen.
 */
export async function assertNothingDelivered(server: StartedServer): Promise<void> {
  const agent = await server.connect();
  messageOf(await agent.exchange());
  const delivered = deliveredTo(server);
  if (delivered === undefined) return;
  const uids = delivered.map(({ instanceUid }) => hex(instanceUid));
  assert.deepEqual(uids, [hex(agent.instanceUid)]);
}

/** Fails unless as many messages reached the application, where that can be seen. */
export function assertDelivered(server: StartedServer, count: number): void {
  const delivered = deliveredTo(server);
  if (delivered !== undefined) assert.equal(delivered.length, count);
}

/** What reached the application; undefined where that cannot be seen. */
function deliveredTo({ application }: StartedServer): readonly AgentToServer[] | undefined {
  try {
    return application.delivered.all;
  } catch (error) {
    if (error instanceof NotSupportedError) return undefined;
    throw error;
  }
}

/**
 * Sends a frame on an agent's WebSocket, and fails when it is answered as a message. Whether the
 * server answers with an error, closes or says nothing is its own affair.
 */
export async function assertNotTaken(
  server: StartedServer,
  agent: RawWebSocketAgent,
  send: () => Promise<void>,
): Promise<void> {
  await send();
  const other = Uint8Array.from(agent.instanceUid, (byte) => byte ^ 1);
  const { received, closed } = agent.socket;
  // The closed socket may refuse this one; both ways the frame before it has been dealt with.
  const after = agent.socket.send(encodeFrame(agent.encode({ instanceUid: other })));
  await Promise.race([
    closed,
    after.then(() =>
      received.take({ where: ({ message }) => hex(message?.instanceUid) === hex(other) }),
    ),
  ]);
  for (const { message } of received.all) {
    const accepted = message !== undefined && message.errorResponse === undefined;
    assert.ok(!accepted || hex(message.instanceUid) === hex(other), "the frame was answered");
  }
  await assertOthersOnly(server, agent);
}

/** Fails when a message of the agent reached the application, or the server serves no more. */
async function assertOthersOnly(server: StartedServer, agent: RawWebSocketAgent): Promise<void> {
  messageOf(await (await server.connect()).exchange());
  const uids = deliveredTo(server)?.map(({ instanceUid }) => hex(instanceUid)) ?? [];
  assert.ok(!uids.includes(hex(agent.instanceUid)), "the frame reached the application");
}
