import { encodeServerToAgent, OpAMPError, type ServerToAgentInit } from "@opamp/protocol";

/**
 * Encodes a message that is `headerBytes` longer on the wire. Throws `message-too-large` when it is
 * over the limit: sizes count before compression (S-06, S-15).
 */
export function encodeWithin(
  maxSendBytes: number,
  message: ServerToAgentInit,
  headerBytes: number,
): Uint8Array {
  const encoded = encodeServerToAgent(message);
  const size = encoded.length + headerBytes;
  if (size <= maxSendBytes) return encoded;
  throw new OpAMPError(
    "message-too-large",
    `the message has ${size} bytes; limits.maxSendBytes is ${maxSendBytes}`,
  );
}
