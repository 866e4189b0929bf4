import type { Duplex } from "node:stream";
import { CloseCode, encodeFrame } from "@opamp/protocol";
import { WebSocket } from "ws";
import { ABNORMAL_CLOSE } from "../close-code.ts";
import type { Socket, SocketListener, Writer } from "../websocket/socket.ts";
import {
  BINARY_FRAME,
  COMPRESSED_FRAME,
  closeCodeOf,
  frameSize,
  isPlainFrame,
  MAX_HEADER_BYTES,
  PING_FRAME,
  PONG_FRAME,
  payloadOf,
} from "./agent-frames.ts";
import {
  agreedWindowBits,
  deflateAtOnce,
  inflateAtOnce,
  MAX_COMPRESSED_BYTES,
  MAX_DEFLATED_BYTES,
  MAX_INFLATED_BYTES,
  PIECE_BYTES,
} from "./deflated-messages.ts";
import { LateWebSocket, type WsOptions } from "./late-web-socket.ts";
import { leave, type OwnedSocket, own, read, type SocketOwner, watchWs } from "./owned-socket.ts";
import { PartialFrame } from "./partial-frame.ts";
import { compressedFrame, ping, pong, smallMessageFrame, writeMessage } from "./server-frames.ts";
import { flushAtEndOfTurn } from "./turn-writes.ts";
import { listenToWs } from "./ws-events.ts";

/** From this size on, messages are compressed where the agent takes that. */
export const COMPRESSED_BYTES = 1024;

/** Room for the agent's close frame, and for what was on its way before it. */
const MAX_REST_BYTES = 256 * 1024;

const nothing: Buffer = Buffer.alloc(0);

export interface AgentSocketParts {
  /** A socket on which the handshake is done. */
  readonly socket: Duplex;
  /** What was read of it already. */
  readonly head: Buffer;
  readonly options: WsOptions;
  /** What `ws` made in the handshake, when it did that. */
  readonly ws?: LateWebSocket;
}

/**
 * A WebSocket that reads and writes by itself what nearly all messages are: whole binary frames, not
 * compressed or small. With the first frame of any other kind, and to be closed, it becomes a
 * WebSocket of `ws`: that costs twice the CPU for each message and several kilobytes.
 */
export class AgentSocket implements Socket, SocketOwner {
  readonly #options: WsOptions;
  #ws: LateWebSocket | undefined;
  #listener: SocketListener | undefined;
  /** As long as `ws` does not have it. */
  #plain: OwnedSocket | undefined;
  /** What was read, but not taken. */
  #partial: PartialFrame | undefined;
  /** To be written at the end of the turn. */
  #waiting: Buffer | undefined;
  #closeCode: number = ABNORMAL_CLOSE;
  #pausesReading = false;
  /** What was read before reading paused: for later. */
  #unread: Buffer | undefined;
  /** What it may still send when its WebSocket is broken off: reading that holds up the others. */
  #restBytes: number | undefined;

  constructor({ socket, head, options, ws }: AgentSocketParts) {
    this.#options = options;
    this.#ws = ws;
    this.#plain = socket;
    own(socket, this);
    if (head.length > 0) socket.unshift(head);
  }

  /** Begins to read, and says whom to tell. */
  listen(listener: SocketListener): void {
    this.#listener = listener;
    listener.opened();
    const socket = this.#plain;
    // It may be closed already.
    if (socket === undefined) return;
    const early: Buffer | null = socket.read();
    read(socket);
    if (early !== null) this.take(early, early.length);
  }

  writeSoon(message: Uint8Array): boolean {
    const socket = this.#plain;
    if (socket === undefined || this.#waiting !== undefined) return false;
    if (!socket.writable || socket.writableLength > 0) return false;
    this.#waiting = smallMessageFrame(message);
    if (this.#waiting === undefined) return false;
    flushAtEndOfTurn(this);
    return true;
  }

  /** Writes what waits for the end of the turn. */
  flush(): void {
    const frame = this.#waiting;
    this.#waiting = undefined;
    if (frame !== undefined && this.#plain?.writable) this.#plain.write(frame);
  }

  /** The kernel takes most messages at once; that is known long before a callback would come. */
  write(message: Uint8Array, writer: Writer): boolean {
    const isCompressed = message.length >= COMPRESSED_BYTES && this.#isDeflateAgreed;
    if (isCompressed && message.length > MAX_DEFLATED_BYTES) this.#leaveToWs(nothing);
    const socket = this.#plain;
    if (socket === undefined) return this.#writeByWs(message, writer);
    if (!socket.writable) return notWritten(writer);
    this.flush();
    if (!isCompressed) writeMessage(socket, message);
    else socket.write(compressedFrame(deflateAtOnce(message, agreedWindowBits(this.#ws))));
    if (socket.writableLength === 0 && socket.writable) return true;
    // It is written after the message, or fails as that does.
    socket.write(nothing, (error) => writer.written(error));
    return false;
  }

  ping(): void {
    if (this.#plain === undefined) this.#ws?.ping();
    else this.#writeControl(ping);
  }

  pause(): void {
    if (this.#plain === undefined) return this.#ws?.pause();
    this.#pausesReading = true;
    this.#plain.pause();
  }

  resume(): void {
    if (this.#plain === undefined) return this.#ws?.resume();
    this.#pausesReading = false;
    this.#takeUnread();
    if (!this.#pausesReading) this.#plain?.resume();
  }

  /** Whether it reads, or would, if it were its turn. */
  get wantsMore(): boolean {
    return this.#plain === undefined ? this.#ws?.isPaused === false : !this.#pausesReading;
  }

  close(code: number, reason: string): void {
    this.#leaveToWs(nothing);
    if (code === CloseCode.TryAgainLater) this.#restBytes = MAX_REST_BYTES;
    // A socket that is gone needs no close frame.
    if (this.#plain === undefined) this.#ws?.close(code, reason);
  }

  countRest(bytes: number): boolean {
    if (this.#restBytes === undefined) return false;
    this.#restBytes -= bytes;
    return this.#restBytes < 0;
  }

  terminate(): void {
    if (this.#plain === undefined) this.#ws?.terminate();
    else this.#plain.destroy();
  }

  /** Takes what was read from the socket, before it is overwritten. */
  take(read: Buffer, length: number): void {
    const partial = this.#partial;
    if (partial === undefined) {
      this.#takeFrames(read, length);
      if (this.#unread !== undefined) this.#unread = copy(this.#unread);
      return;
    }
    partial.add(read.subarray(0, length));
    if (!partial.isEnough && !partial.isCrumbled) return;
    this.#partial = undefined;
    const bytes = partial.joined();
    if (partial.isEnough) this.#takeFrames(bytes, bytes.length);
    else this.#leaveToWs(bytes);
  }

  #takeFrames(bytes: Buffer, length: number): void {
    const socket = this.#plain;
    let mayInflate = Math.min(MAX_INFLATED_BYTES, this.#options.maxPayload);
    for (let start = 0, end = 0; start < length; start = end) {
      // Behind what was read is what another read has left there: no part of a header.
      const there = length - start < MAX_HEADER_BYTES ? bytes.subarray(0, length) : bytes;
      end = start + frameSize(there, start);
      if (this.#isForWs(there, start, end)) return this.#leaveToWs(bytes.subarray(start, length));
      if (end > length) {
        this.#partial = new PartialFrame(bytes.subarray(start, length), end - start);
        return;
      }
      if (bytes[start] === COMPRESSED_FRAME) {
        const message = inflateAtOnce(payloadOf(bytes, start, end), mayInflate);
        if (message === undefined) return this.#leaveToWs(bytes.subarray(start, length));
        mayInflate -= Math.max(message.length, PIECE_BYTES);
        this.#listener?.received(message, true);
      } else this.#takeFrame(bytes, start, end);
      // Whoever was told of it may have closed the WebSocket.
      if (this.#plain === undefined) {
        if (end < length) socket?.unshift(copy(bytes.subarray(end, length)));
        return;
      }
      if (this.#pausesReading && !socket?.destroyed && end < length) {
        this.#unread = bytes.subarray(end, length);
        return;
      }
    }
  }

  #isForWs(bytes: Buffer, start: number, end: number): boolean {
    if (!isPlainFrame(bytes, start) || end - start > this.#options.maxPayload) return true;
    if (bytes[start] === COMPRESSED_FRAME) {
      return end - start > MAX_COMPRESSED_BYTES || !this.#isDeflateAgreed;
    }
    // It limits how many pongs wait for an agent that does not read them.
    return bytes[start] === PING_FRAME && this.#plain?.writableLength !== 0;
  }

  get #isDeflateAgreed(): boolean {
    return (this.#ws?.extensions ?? "") !== "";
  }

  #takeUnread(): void {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) this.#takeFrames(unread, unread.length);
  }

  /** The socket is closed. */
  gone(): void {
    // It was not read to its end while reading paused.
    const rest: Buffer | null = this.#plain?.read() ?? null;
    this.#takeUnread();
    if (rest !== null) this.take(rest, rest.length);
    this.#listener?.closed(this.#closeCode);
  }

  #takeFrame(bytes: Buffer, start: number, end: number): void {
    switch (bytes[start]) {
      case BINARY_FRAME:
        return this.#listener?.received(payloadOf(bytes, start, end), true);
      case PONG_FRAME:
        return this.#listener?.ponged();
      default:
        this.#writeControl(pong(payloadOf(bytes, start, end)));
    }
  }

  #writeControl(frame: Buffer): void {
    this.flush();
    if (this.#plain?.writable) this.#plain.write(frame);
  }

  /** Lets `ws` go on from here. */
  #leaveToWs(unread: Buffer): void {
    const socket = this.#plain;
    const listener = this.#listener;
    if (socket === undefined || listener === undefined) return;
    if (socket.destroyed) {
      this.#closeCode = closeCodeOf(unread);
      return;
    }
    this.flush();
    this.#plain = undefined;
    leave(socket);
    this.#ws ??= new LateWebSocket(null, undefined, this.#options);
    listenToWs(this.#ws, listener);
    this.#ws.on("error", () => {
      this.#restBytes = MAX_REST_BYTES;
    });
    const head = this.#unread ?? this.#partial?.joined() ?? copy(unread);
    this.#unread = undefined;
    this.#partial = undefined;
    this.#ws.begin(socket, head, this.#options);
    watchWs(socket);
    if (this.#pausesReading) this.#ws.pause();
    else socket.resume();
  }

  #writeByWs(message: Uint8Array, writer: Writer): boolean {
    const ws = this.#ws;
    if (ws === undefined) return notWritten(writer);
    let isWritten = false;
    ws.send(encodeFrame(message), (error) => {
      if (!isWritten) writer.written(error);
    });
    isWritten = ws.bufferedAmount === 0 && ws.readyState === WebSocket.OPEN;
    return isWritten;
  }
}

function copy(bytes: Buffer): Buffer {
  return bytes.length === 0 ? nothing : Buffer.from(bytes);
}

function notWritten(writer: Writer): false {
  process.nextTick(() => writer.written(new Error("the agent has ended the connection")));
  return false;
}
