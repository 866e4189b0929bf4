import assert from "node:assert/strict";
import {
  type ServerErrorResponse,
  ServerErrorResponseType,
  type ServerToAgent,
} from "@opamp/protocol";
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

/** Fails unless the server still serves, and nothing but this new agent reached its application. */
export async function assertNothingDelivered(server: StartedServer): Promise<void> {
  const agent = await server.connect();
  messageOf(await agent.exchange());
  const uids = server.application.delivered.all.map(({ instanceUid }) => hex(instanceUid));
  assert.deepEqual(uids, [hex(agent.instanceUid)]);
}
