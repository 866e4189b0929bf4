import { randomBytes } from "node:crypto";
import { deflateRawSync, type ZlibOptions, constants as zlib } from "node:zlib";

/** A frame of a WebSocket client: masked, with a first byte of one's choice. */
export function clientFrame(first: number, payload: Uint8Array): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return Buffer.concat([Buffer.from([first]), lengthOf(payload.length), mask, masked]);
}

/** A frame with a message that is compressed by permessage-deflate. */
export function compressedFrame(message: Uint8Array, options: ZlibOptions = {}): Buffer {
  return clientFrame(0xc2, compressed(message, options));
}

/** A message as it is compressed, without the end that is not sent (RFC 7692, section 7.2.1). */
export function compressed(message: Uint8Array, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(message, { ...options, finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
}

function lengthOf(length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | length]);
  const isShort = length < 0x1_0000;
  const bytes = Buffer.alloc(isShort ? 3 : 9);
  bytes[0] = isShort ? 0xfe : 0xff;
  if (isShort) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}
