import { type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { OpAMPError } from "./errors.ts";
import { AgentToServerSchema, ServerToAgentSchema } from "./gen/opamp/v1/opamp_pb.ts";
import {
  decodeAcknowledgement,
  decodeHeartbeat,
  encodeAcknowledgement,
  encodeHeartbeat,
} from "./lean-codec.ts";
import { binaryFromInit } from "./message-from-init.ts";
import type {
  AgentToServer,
  AgentToServerInit,
  ServerToAgent,
  ServerToAgentInit,
} from "./messages.ts";
import { assertWellFormed } from "./well-formed.ts";

/**
 * Encodes what an agent says. Throws `invalid-argument` for a field that does not fit its type.
 * The result carries no frame header: see `encodeFrame` for WebSocket (W-04, W-18).
 */
export function encodeAgentToServer(message: AgentToServerInit): Uint8Array<ArrayBuffer> {
  return encode(AgentToServerSchema, encodeHeartbeat, message);
}

/**
 * Decodes what an agent says; `bytes` fields are views. Throws `malformed-message`, also for more
 * than a million fields or 100 levels.
 */
export function decodeAgentToServer(bytes: Uint8Array): AgentToServer {
  return decodeHeartbeat(bytes) ?? decode<AgentToServer>(AgentToServerSchema, bytes);
}

/** Encodes what a server says. Throws `invalid-argument` for a field that does not fit its type. */
export function encodeServerToAgent(message: ServerToAgentInit): Uint8Array<ArrayBuffer> {
  return encode(ServerToAgentSchema, encodeAcknowledgement, message);
}

/**
 * Decodes what a server says; `bytes` fields are views. Throws `malformed-message`, also for more
 * than a million fields or 100 levels.
 */
export function decodeServerToAgent(bytes: Uint8Array): ServerToAgent {
  return decodeAcknowledgement(bytes) ?? decode<ServerToAgent>(ServerToAgentSchema, bytes);
}

function encode<T extends object>(
  schema: DescMessage,
  lean: (message: T) => Uint8Array<ArrayBuffer> | undefined,
  message: T,
): Uint8Array<ArrayBuffer> {
  try {
    return lean(message) ?? binaryFromInit(schema, message);
  } catch (thrown) {
    throw OpAMPError.from(thrown, "invalid-argument", `cannot encode ${schema.name}`);
  }
}

function decode<T>(schema: DescMessage, bytes: Uint8Array): T {
  try {
    // Views on a Buffer would be Buffers, whose slice() is no copy.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    assertWellFormed(schema, plain);
    return fromBinary(schema, plain) as T;
  } catch (thrown) {
    throw OpAMPError.from(thrown, "malformed-message", `cannot decode ${schema.name}`);
  }
}
