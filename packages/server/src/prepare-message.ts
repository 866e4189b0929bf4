import { encodeServerToAgent, OpAMPError, type ServerToAgentInit } from "@opamp/protocol";
import { composeMessage, type Envelope } from "./answer.ts";

/** A message as it goes out. */
export interface PreparedMessage {
  readonly message: ServerToAgentInit;
  readonly encoded: Uint8Array;
}

export interface SizeLimit {
  readonly maxSendBytes: number;
  /** What the transport adds. */
  readonly headerBytes: number;
}

/**
 * Composes and encodes what the application said. Throws `invalid-argument` when that is no message,
 * `message-too-large` when it is over the limit, which counts before compression (S-06, S-15).
 */
export function prepareMessage(
  said: ServerToAgentInit,
  envelope: Envelope,
  limit: SizeLimit,
): PreparedMessage {
  try {
    const message = composeMessage(said, envelope);
    return { message, encoded: encodeWithin(limit, message) };
  } catch (thrown) {
    throw OpAMPError.from(thrown, "invalid-argument", "this is no message for an agent");
  }
}

/** Encodes a finished message. Throws `message-too-large`. */
export function encodeWithin(limit: SizeLimit, message: ServerToAgentInit): Uint8Array {
  const encoded = encodeServerToAgent(message);
  const size = encoded.length + limit.headerBytes;
  if (size <= limit.maxSendBytes) return encoded;
  throw new OpAMPError(
    "message-too-large",
    `the message has ${size} bytes; limits.maxSendBytes is ${limit.maxSendBytes}`,
  );
}
