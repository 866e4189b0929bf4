import { ABNORMAL_CLOSE } from "../close-code.ts";

// The frames (RFC 6455, section 5) in which nearly all messages of agents travel: binary and masked.

export const BINARY_FRAME = 0x82;
/** The same with a message compressed by permessage-deflate. */
export const COMPRESSED_FRAME = 0xc2;
/** The first of several frames of a message, compressed or not, those in the middle, and the last. */
const FIRST_FRAGMENT = 0x02;
export const FIRST_COMPRESSED_FRAGMENT = 0x42;
const NEXT_FRAGMENT = 0x00;
export const LAST_FRAGMENT = 0x80;
export const PING_FRAME = 0x89;
export const PONG_FRAME = 0x8a;

/** Two bytes, a length of 64 bits, and the mask. */
export const MAX_HEADER_BYTES = 14;

const CLOSE_FRAME = 0x88;
const MASKED = 0x80;
export const MASK_BYTES = 4;

/** What stands for a close frame without a code (RFC 6455, section 7.4.1). */
const NO_STATUS = 1005;

/** Instead of a length: it follows in 16 bits; in 64 bits for the next number. */
const LENGTH_16 = 126;

/** Whether the frame at an offset, as far as it is there, is one that is read here. */
export function isPlainFrame(bytes: Uint8Array, start: number): boolean {
  const first = bytes[start];
  const second = bytes[start + 1] ?? MASKED;
  if (second < MASKED) return false;
  if (first === PONG_FRAME || first === PING_FRAME) return second < MASKED + LENGTH_16;
  return startsMessage(first) || goesOn(first);
}

/** Whether a frame begins a message, and perhaps ends it. */
function startsMessage(first: number | undefined): boolean {
  return (
    first === BINARY_FRAME ||
    first === COMPRESSED_FRAME ||
    first === FIRST_FRAGMENT ||
    first === FIRST_COMPRESSED_FRAGMENT
  );
}

/** Whether the message that a frame begins is compressed. */
export function isCompressed(first: number | undefined): boolean {
  return first === COMPRESSED_FRAME || first === FIRST_COMPRESSED_FRAGMENT;
}

/** Whether a frame goes on with the message that another began. */
export function goesOn(first: number | undefined): boolean {
  return first === NEXT_FRAGMENT || first === LAST_FRAGMENT;
}

/** How many bytes a masked frame takes; for one whose length is not there, more than there are. */
export function frameSize(bytes: Uint8Array, start: number): number {
  const length = (bytes[start + 1] ?? 0) & ~MASKED;
  if (length < LENGTH_16) return 2 + MASK_BYTES + length;
  const lengthBytes = length === LENGTH_16 ? 2 : 8;
  return 2 + lengthBytes + MASK_BYTES + bigEndian(bytes, start + 2, lengthBytes);
}

/** Where the payload of a masked frame begins, behind the mask. */
export function payloadStart(bytes: Uint8Array, start: number): number {
  const length = (bytes[start + 1] ?? 0) & ~MASKED;
  if (length < LENGTH_16) return start + 2 + MASK_BYTES;
  return start + (length === LENGTH_16 ? 4 : 10) + MASK_BYTES;
}

/** The payload of a whole masked frame, unmasked: a copy. */
export function payloadOf(bytes: Uint8Array, start: number, end: number): Buffer {
  const from = payloadStart(bytes, start);
  const a = bytes[from - 4] ?? 0;
  const b = bytes[from - 3] ?? 0;
  const c = bytes[from - 2] ?? 0;
  const d = bytes[from - 1] ?? 0;
  const length = end - from;
  const payload = Buffer.allocUnsafe(length);
  let i = 0;
  for (; i + 3 < length; i += 4) {
    payload[i] = (bytes[from + i] ?? 0) ^ a;
    payload[i + 1] = (bytes[from + i + 1] ?? 0) ^ b;
    payload[i + 2] = (bytes[from + i + 2] ?? 0) ^ c;
    payload[i + 3] = (bytes[from + i + 3] ?? 0) ^ d;
  }
  if (i < length) payload[i] = (bytes[from + i] ?? 0) ^ a;
  if (i + 1 < length) payload[i + 1] = (bytes[from + i + 1] ?? 0) ^ b;
  if (i + 2 < length) payload[i + 2] = (bytes[from + i + 2] ?? 0) ^ c;
  return payload;
}

/** The code of the close frame that the bytes begin with, when they do. */
export function closeCodeOf(bytes: Uint8Array): number {
  if (bytes[0] !== CLOSE_FRAME || bytes.length < frameSize(bytes, 0)) return ABNORMAL_CLOSE;
  const payload = payloadOf(bytes, 0, frameSize(bytes, 0));
  return payload.length < 2 ? NO_STATUS : bigEndian(payload, 0, 2);
}

function bigEndian(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i += 1) value = value * 0x100 + (bytes[i] ?? 0);
  return value;
}
