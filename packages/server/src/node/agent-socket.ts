import type { Duplex } from "node:stream";
import { CloseCode } from "@opamp/protocol";
import { ABNORMAL_CLOSE } from "../close-code.ts";
import type { Socket, SocketListener, Writer } from "../websocket/socket.ts";
import { closeCodeOf } from "./agent-frames.ts";
import { agreedWindowBits, deflateAtOnce, MAX_DEFLATED_BYTES } from "./deflated-messages.ts";
import { type Flow, type FrameListener, FrameReader } from "./frame-reader.ts";
import { LateWebSocket, type WsOptions } from "./late-web-socket.ts";
import { leave, type OwnedSocket, own, read, type SocketOwner, watchWs } from "./owned-socket.ts";
import { compressedFrame, ping, pong, smallMessageFrame, writeMessage } from "./server-frames.ts";
import { flushAtEndOfTurn } from "./turn-writes.ts";
import { listenToWs } from "./ws-events.ts";
import { notWritten, writeByWs } from "./ws-writes.ts";

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
 * A WebSocket that reads and writes by itself what nearly all messages are: binary, in one frame or
 * several, and not compressed or small. With the first frame of any other kind, and to be closed, it
 * becomes a WebSocket of `ws`: that costs twice the CPU for each message and several kilobytes.
 */
export class AgentSocket implements Socket, SocketOwner, FrameListener {
  readonly #options: WsOptions;
  #ws: LateWebSocket | undefined;
  #listener: SocketListener | undefined;
  /** As long as `ws` does not have it. */
  #plain: OwnedSocket | undefined;
  readonly #reader: FrameReader;
  /** To be written at the end of the turn. */
  #waiting: Buffer | undefined;
  #closeCode: number = ABNORMAL_CLOSE;
  #pausesReading = false;
  /** What it may still send when its WebSocket is broken off: reading that holds up the others. */
  #restBytes: number | undefined;

  constructor({ socket, head, options, ws }: AgentSocketParts) {
    this.#options = options;
    this.#ws = ws;
    this.#plain = socket;
    this.#reader = new FrameReader(socket, this, options.maxPayload);
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
    const isCompressed = message.length >= COMPRESSED_BYTES && this.isDeflateAgreed;
    if (isCompressed && message.length > MAX_DEFLATED_BYTES) this.leave(nothing);
    const socket = this.#plain;
    if (socket === undefined) return writeByWs(this.#ws, message, writer);
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
    this.#reader.takeUnread();
    if (!this.#pausesReading) this.#plain?.resume();
  }

  /** Whether it reads, or would, if it were its turn. */
  get wantsMore(): boolean {
    return this.#plain === undefined ? this.#ws?.isPaused === false : !this.#pausesReading;
  }

  close(code: number, reason: string): void {
    this.leave(nothing);
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

  /** The socket is closed. */
  gone(): void {
    // It was not read to its end while reading paused.
    const rest: Buffer | null = this.#plain?.read() ?? null;
    this.#reader.takeUnread();
    if (rest !== null) this.take(rest, rest.length);
    this.#listener?.closed(this.#closeCode);
  }

  /** Takes what was read from the socket, before it is overwritten. */
  take(read: Buffer, length: number): void {
    this.#reader.take(read, length);
  }

  get isDeflateAgreed(): boolean {
    return (this.#ws?.extensions ?? "") !== "";
  }

  get flow(): Flow {
    if (this.#plain === undefined) return "left";
    return this.#pausesReading && !this.#plain.destroyed ? "paused" : "open";
  }

  received(message: Buffer): void {
    this.#listener?.received(message, true);
  }

  pinged(payload: Buffer): void {
    this.#writeControl(pong(payload));
  }

  ponged(): void {
    this.#listener?.ponged();
  }

  #writeControl(frame: Buffer): void {
    this.flush();
    if (this.#plain?.writable) this.#plain.write(frame);
  }

  /** Lets `ws` go on from here. */
  leave(unread: Buffer): void {
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
    const head = this.#reader.takeAllUnread(unread);
    this.#ws.begin(socket, head, this.#options);
    watchWs(socket);
    if (this.#pausesReading) this.#ws.pause();
    else socket.resume();
  }
}
