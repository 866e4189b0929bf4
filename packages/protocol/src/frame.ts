import { OpAMPError } from "./errors.ts";

/** The longest varint: 64 bits in groups of seven. */
const MAX_HEADER_BYTES = 10;

/** Puts the header, the single byte zero, before an encoded message (W-08, W-09). */
export function encodeFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(message.length + 1);
  frame.set(message, 1);
  return frame;
}

/**
 * The encoded message of a WebSocket frame, as a view on it. Throws `malformed-message` when the
 * header is missing, unterminated, longer than 64 bits or not zero (W-10, W-11, W-14).
 */
export function decodeFrame(frame: Uint8Array): Uint8Array {
  for (let i = 0; i < MAX_HEADER_BYTES; i += 1) {
    const byte = frame[i];
    if (byte === undefined) throw malformedHeader("ends before its header does");
    if ((byte & 0x7f) !== 0) throw malformedHeader("has a header other than 0");
    if (byte === 0) return frame.subarray(i + 1);
  }
  throw malformedHeader("has a header longer than 10 bytes");
}

function malformedHeader(problem: string): OpAMPError {
  return new OpAMPError("malformed-message", `the WebSocket frame ${problem}`);
}
