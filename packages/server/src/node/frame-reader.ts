import type { Duplex } from "node:stream";
import {
  BINARY_FRAME,
  COMPRESSED_FRAME,
  FIRST_COMPRESSED_FRAGMENT,
  frameSize,
  goesOn,
  isCompressed,
  isPlainFrame,
  LAST_FRAGMENT,
  MAX_HEADER_BYTES,
  PING_FRAME,
  PONG_FRAME,
  payloadOf,
  payloadStart,
} from "./agent-frames.ts";
import {
  inflateAtOnce,
  MAX_COMPRESSED_BYTES,
  MAX_INFLATED_BYTES,
  PIECE_BYTES,
} from "./deflated-messages.ts";
import { FragmentedMessage } from "./fragmented-message.ts";
import { LONG_FRAME_BYTES, LongFrame } from "./long-frame.ts";
import { PartialFrame } from "./partial-frame.ts";

/** Whether more is taken now, later, or by somebody else. */
export type Flow = "open" | "paused" | "left";

/** Whom the reader of an agent's frames tells. */
export interface FrameListener {
  received(message: Buffer): void;
  pinged(payload: Buffer): void;
  ponged(): void;
  /** The reader stops at these bytes: they begin with what is not for it. */
  leave(unread: Buffer): void;
  readonly flow: Flow;
  readonly isDeflateAgreed: boolean;
}

const nothing: Buffer = Buffer.alloc(0);

/** Reads what is not left to `ws`: binary messages in one frame or several, pings and pongs. */
export class FrameReader {
  readonly #socket: Duplex;
  readonly #owner: FrameListener;
  readonly #maxPayload: number;
  /** What was read, but not taken. */
  #partial: PartialFrame | LongFrame | undefined;
  /** A message that has begun. */
  #fragments: FragmentedMessage | undefined;
  /** What was read before reading paused: for later. */
  #unread: Buffer | undefined;
  /** Of what is being read. */
  #mayInflateBytes = 0;

  constructor(socket: Duplex, owner: FrameListener, maxPayload: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#maxPayload = maxPayload;
  }

  /** Takes what was read from the socket, before it is overwritten. */
  take(read: Buffer, length: number): void {
    const partial = this.#partial;
    if (partial instanceof LongFrame) this.#addToLong(partial, read.subarray(0, length));
    else if (partial !== undefined) this.#addToPartial(partial, read.subarray(0, length));
    else if (this.#owner.flow === "paused") this.#keep(read.subarray(0, length));
    else this.#takeRead(read, length);
  }

  #takeRead(read: Buffer, length: number): void {
    this.#takeFrames(read, length);
    if (this.#unread !== undefined) this.#unread = copy(this.#unread);
  }

  #addToPartial(partial: PartialFrame, read: Buffer): void {
    partial.add(read);
    if (!partial.isEnough && !partial.isCrumbled) return;
    this.#partial = undefined;
    const bytes = partial.joined();
    if (partial.isEnough) this.#takeFrames(bytes, bytes.length);
    else this.#owner.leave(bytes);
  }

  #addToLong(long: LongFrame, read: Buffer): void {
    const rest = read.subarray(long.add(read));
    if (!long.isWhole) {
      if (long.isCrumbled) this.#owner.leave(nothing);
      return;
    }
    this.#partial = undefined;
    this.#owner.received(long.payload());
    if (rest.length === 0) return;
    if (this.#owner.flow === "open") this.#takeRead(rest, rest.length);
    else this.#putOff(copy(rest));
  }

  /** TLS passes on all that came in one read, even when reading pauses after a part of it. */
  #keep(read: Buffer): void {
    this.#unread = Buffer.concat([this.#unread ?? nothing, read]);
  }

  /** Takes what waits since reading paused. */
  takeUnread(): void {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) this.#takeFrames(unread, unread.length);
  }

  /** What was read and has not become a message, for whoever reads on. */
  takeAllUnread(unread: Buffer): Buffer {
    const begun = this.#fragments?.joined() ?? nothing;
    const rest = this.#unread ?? this.#partial?.joined() ?? unread;
    this.#fragments = undefined;
    this.#unread = undefined;
    this.#partial = undefined;
    return copy(begun.length === 0 ? rest : Buffer.concat([begun, rest]));
  }

  #takeFrames(bytes: Buffer, length: number): void {
    this.#mayInflateBytes = Math.min(MAX_INFLATED_BYTES, this.#maxPayload);
    for (let start = 0, end = 0; start < length; start = end) {
      // Behind what was read is what another read has left there: no part of a header.
      const there = length - start < MAX_HEADER_BYTES ? bytes.subarray(0, length) : bytes;
      end = start + frameSize(there, start);
      if (this.#isForWs(there, start, end)) return this.#owner.leave(bytes.subarray(start, length));
      if (end > length) return this.#keepStart(bytes.subarray(start, length), end - start);
      if (!this.#takeFrame(bytes, start, end)) {
        return this.#owner.leave(bytes.subarray(start, length));
      }
      // Whoever was told of it may have closed the WebSocket, or paused.
      if (this.#owner.flow === "open" || end === length) continue;
      return this.#putOff(bytes.subarray(end, length));
    }
  }

  #keepStart(start: Buffer, frameBytes: number): void {
    if (start.length < MAX_HEADER_BYTES) {
      this.#partial = new PartialFrame(start, Math.min(frameBytes, MAX_HEADER_BYTES));
    } else if (start[0] === BINARY_FRAME && frameBytes >= LONG_FRAME_BYTES) {
      this.#partial = new LongFrame(start, frameBytes);
    } else {
      this.#partial = new PartialFrame(start, frameBytes);
    }
  }

  /** For later, or for whoever reads on. */
  #putOff(rest: Buffer): void {
    if (this.#owner.flow === "paused") this.#unread = rest;
    else this.#socket.unshift(copy(rest));
  }

  #isForWs(bytes: Buffer, start: number, end: number): boolean {
    const first = bytes[start];
    if (!isPlainFrame(bytes, start)) return true;
    if (end - start > this.#maxPayload && end - payloadStart(bytes, start) > this.#maxPayload) {
      return true;
    }
    if (first === PONG_FRAME) return false;
    // It limits how many pongs wait for an agent that does not read them.
    if (first === PING_FRAME) return this.#socket.writableLength !== 0;
    if (isCompressed(first) && !this.#mayInflate(end - start)) return true;
    if (this.#fragments === undefined) return goesOn(first);
    return !goesOn(first) || !this.#fragments.hasRoomFor(end - start);
  }

  #mayInflate(frameBytes: number): boolean {
    return this.#owner.isDeflateAgreed && frameBytes <= MAX_COMPRESSED_BYTES;
  }

  /** False for one that `ws` has to take. */
  #takeFrame(bytes: Buffer, start: number, end: number): boolean {
    switch (bytes[start]) {
      case BINARY_FRAME:
        this.#owner.received(payloadOf(bytes, start, end));
        return true;
      case COMPRESSED_FRAME:
        return this.#takeCompressed(payloadOf(bytes, start, end));
      case PONG_FRAME:
        this.#owner.ponged();
        return true;
      case PING_FRAME:
        this.#owner.pinged(payloadOf(bytes, start, end));
        return true;
      default:
        return this.#takeFragment(bytes.subarray(start, end));
    }
  }

  #takeFragment(frame: Buffer): boolean {
    this.#fragments ??= new FragmentedMessage(this.#maxPayload);
    if (frame[0] !== LAST_FRAGMENT) {
      this.#fragments.add(frame);
      return true;
    }
    const payload = this.#fragments.payloadWith(frame);
    if (this.#fragments.start === FIRST_COMPRESSED_FRAGMENT) return this.#takeCompressed(payload);
    this.#fragments = undefined;
    this.#owner.received(payload);
    return true;
  }

  #takeCompressed(payload: Buffer): boolean {
    if (payload.length > MAX_COMPRESSED_BYTES) return false;
    const message = inflateAtOnce(payload, this.#mayInflateBytes);
    if (message === undefined) return false;
    this.#mayInflateBytes -= Math.max(message.length, PIECE_BYTES);
    this.#fragments = undefined;
    this.#owner.received(message);
    return true;
  }
}

function copy(bytes: Buffer): Buffer {
  return bytes.length === 0 ? nothing : Buffer.from(bytes);
}
