import type { Duplex } from "node:stream";
import { BINARY_FRAME, COMPRESSED_FRAME, PING_FRAME, PONG_FRAME } from "./agent-frames.ts";

// The frames of the server: whole and not masked.

/** Up to this length, copying a message costs less than a write of its own. */
const MAX_COPIED_BYTES = 1024;

/** The header of a message, before what is encoded of it (W-08). */
const MESSAGE_HEADER = 0;

export const ping: Buffer = Buffer.from([PING_FRAME, 0]);

/** Answers a ping: with what it carries, 125 bytes at most. */
export function pong(payload: Uint8Array): Buffer {
  const frame = frameOf(PONG_FRAME, payload.length, payload.length);
  frame.set(payload, 2);
  return frame;
}

/** The frame of an encoded message, with its header, when that is small enough to be copied. */
export function smallMessageFrame(message: Uint8Array): Buffer | undefined {
  const length = 1 + message.length;
  if (length > MAX_COPIED_BYTES) return undefined;
  const frame = frameOf(BINARY_FRAME, length, length);
  frame[frame.length - length] = MESSAGE_HEADER;
  frame.set(message, frame.length - message.length);
  return frame;
}

/** Writes an encoded message, with its header. */
export function writeMessage(socket: Duplex, message: Uint8Array): void {
  const frame = smallMessageFrame(message);
  if (frame !== undefined) {
    socket.write(frame);
    return;
  }
  const start = frameOf(BINARY_FRAME, 1 + message.length, 1);
  start[start.length - 1] = MESSAGE_HEADER;
  socket.cork();
  socket.write(start);
  socket.write(message);
  socket.uncork();
}

/** The frame of a compressed message. */
export function compressedFrame(payload: Uint8Array): Buffer {
  const frame = frameOf(COMPRESSED_FRAME, payload.length, payload.length);
  frame.set(payload, frame.length - payload.length);
  return frame;
}

/** A frame of which only the header is filled in, with room for so much of its payload. */
function frameOf(kind: number, length: number, room: number): Buffer {
  if (length < 126) {
    const frame = Buffer.allocUnsafe(2 + room);
    frame[0] = kind;
    frame[1] = length;
    return frame;
  }
  const lengthBytes = length <= 0xffff ? 2 : 8;
  const frame = Buffer.alloc(2 + lengthBytes + room);
  frame[0] = kind;
  frame[1] = lengthBytes === 2 ? 126 : 127;
  // The first two of eight bytes stay zero.
  frame.writeUIntBE(length, lengthBytes === 2 ? 2 : 4, Math.min(lengthBytes, 6));
  return frame;
}
