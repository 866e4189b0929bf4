import {
  type AgentToServer,
  bytesFromInstanceUid,
  decodeAgentToServer,
  type InstanceUid,
  instanceUidFromBytes,
  isInstanceUid,
  OpAMPError,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { peekInstanceUid } from "@opamp/protocol/internal";
import { errorAnswer } from "./answer.ts";

/** A message of an agent whose uid is known to be well formed. */
export interface ReadMessage {
  readonly message: AgentToServer;
  readonly instanceUid: InstanceUid;
}

/** Decodes a message. Throws `malformed-message`, also for a bad instance uid (S-126, L-28). */
export function readMessage(bytes: Uint8Array): ReadMessage {
  const message = decodeAgentToServer(bytes);
  return { message, instanceUid: instanceUidOf(message) };
}

/** The uid of a message's agent. Throws `malformed-message` for one that is none (S-126, L-28). */
export function instanceUidOf({ instanceUid }: AgentToServer): InstanceUid {
  try {
    return instanceUidFromBytes(instanceUid);
  } catch (thrown) {
    throw malformed(thrown, "instance_uid is not valid");
  }
}

/** The uid of an encoded message that is not read any further; undefined when it has none. */
export function uidOfEncoded(bytes: Uint8Array): InstanceUid | undefined {
  try {
    return instanceUidFromBytes(peekInstanceUid(bytes));
  } catch {
    // What is wrong with it is found by whoever reads it.
    return undefined;
  }
}

/** Makes a `malformed-message` of whatever reading a message threw. */
export function malformed(thrown: unknown, problem: string): OpAMPError {
  const detail = thrown instanceof OpAMPError ? thrown.message : problem;
  return new OpAMPError("malformed-message", detail, { cause: thrown });
}

/**
 * The BAD_REQUEST for bytes that are no message (S-121 to S-123). The uid is left out when it is not
 * known (S-127); over HTTP the header may tell it.
 */
export function badRequest(error: OpAMPError, uidHeader?: string | string[]): ServerToAgentInit {
  const uid =
    typeof uidHeader === "string" && isInstanceUid(uidHeader)
      ? bytesFromInstanceUid(uidHeader)
      : undefined;
  return errorAnswer(ServerErrorResponseType.BadRequest, error.message, uid);
}
