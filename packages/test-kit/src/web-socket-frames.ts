import { deflateRawSync, inflateRawSync, constants as zlib } from "node:zlib";

/** One frame of the other end; a message that is cut into several frames is not expected. */
export interface IncomingFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Where the next frame begins. */
  readonly end: number;
}

export const Opcode = { Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

const FIN = 0x80;
const CONTINUATION = 0;
const COMPRESSED = 0x40;
const MASKED = 0x80;
const MASK = Buffer.from([0x5a, 0xc3, 0x3c, 0xa5]);
/** What ends each compressed message, and is not sent (RFC 7692, 7.2.1). */
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);

export interface OutgoingMessage {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly compressed?: boolean;
}

/** What gorilla/websocket writes at a time, and so the agents of opamp-go. */
const MAX_FRAME_BYTES = 4096;

/** The frames of a client: they are masked, and with a key that costs the server as much as any. */
export function encodeClientFrames({
  opcode,
  payload: plain,
  compressed = false,
}: OutgoingMessage): Buffer {
  const payload = compressed ? deflate(plain) : plain;
  const frames: Buffer[] = [];
  let first = opcode | (compressed ? COMPRESSED : 0);
  for (let from = 0; from < payload.length || from === 0; from += MAX_FRAME_BYTES) {
    const end = from + MAX_FRAME_BYTES;
    frames.push(
      encodeFrame(end < payload.length ? first : first | FIN, payload.subarray(from, end)),
    );
    first = CONTINUATION;
  }
  return Buffer.concat(frames);
}

function encodeFrame(first: number, payload: Uint8Array): Buffer {
  const header = headerOf(first, payload.length);
  const frame = Buffer.allocUnsafe(header.length + MASK.length + payload.length);
  frame.set(header);
  frame.set(MASK, header.length);
  const start = header.length + MASK.length;
  for (let i = 0; i < payload.length; i += 1) {
    frame[start + i] = (payload[i] ?? 0) ^ (MASK[i & 3] ?? 0);
  }
  return frame;
}

function headerOf(first: number, length: number): readonly number[] {
  if (length < 126) return [first, MASKED | length];
  return [first, MASKED | 126, length >> 8, length & 0xff];
}

/** The frame of a server that begins there; undefined while it is not complete. */
export function decodeServerFrame(data: Buffer, start: number): IncomingFrame | undefined {
  if (data.length < start + 2) return undefined;
  const first = data[start] ?? 0;
  const short = (data[start + 1] ?? 0) & 0x7f;
  const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
  const payloadStart = start + 2 + lengthBytes;
  if (data.length < payloadStart) return undefined;
  const length = short < 126 ? short : lengthFrom(data.subarray(start + 2, payloadStart));
  const end = payloadStart + length;
  if (data.length < end) return undefined;
  const payload = data.subarray(payloadStart, end);
  const plain = (first & COMPRESSED) === 0 ? payload : inflate(payload);
  return { opcode: first & 0x0f, payload: plain, end };
}

function lengthFrom(bytes: Buffer): number {
  return bytes.length === 2 ? bytes.readUInt16BE() : Number(bytes.readBigUInt64BE());
}

function deflate(payload: Uint8Array): Buffer {
  const deflated = deflateRawSync(payload, { finishFlush: zlib.Z_SYNC_FLUSH });
  return deflated.subarray(0, -TAIL.length);
}

function inflate(payload: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush: zlib.Z_SYNC_FLUSH });
}
