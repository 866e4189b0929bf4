import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import { giveWay, type Reader } from "./fair-reading.ts";
import { shareReadBuffer, unshareReadBuffer } from "./shared-read-buffer.ts";

/** Whom the events of a socket are for. */
export interface SocketOwner extends Reader {
  /** Takes what was read, before it is overwritten. */
  take(read: Buffer, length: number): void;
  /** Counts what was read by `ws`. Says whether that is too much. */
  countRest(bytes: number): boolean;
  flush(): void;
  gone(): void;
}

const owner: unique symbol = Symbol("owner");

/** A socket with an owner: its events need no closures, of which there would be many. */
export interface OwnedSocket extends Duplex {
  [owner]?: SocketOwner;
}

/** From now on the owner is told. */
export function own(socket: OwnedSocket, by: SocketOwner): void {
  socket[owner] = by;
  if (socket instanceof NetSocket) socket.setTimeout(0).setNoDelay();
  socket.on("end", onEnd).on("error", onError).on("close", onClose);
}

/** Begins to pass on what is read. */
export function read(socket: OwnedSocket): void {
  if (!shareReadBuffer(socket, onRead)) socket.on("data", onData);
  socket.resume();
}

/** Stops to read, and to tell the owner. */
export function leave(socket: OwnedSocket): void {
  socket.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
  socket.pause();
  unshareReadBuffer(socket);
}

/** Has an eye on how much `ws` reads, which listens already. */
export function watchWs(socket: OwnedSocket): void {
  socket.on("data", onDataOfWs);
}

function onRead(this: OwnedSocket, length: number, buffer: Buffer): boolean {
  const by = this[owner];
  if (by === undefined) return true;
  by.take(buffer, length);
  giveWay(this, length, by);
  return true;
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  onRead.call(this, chunk.length, chunk);
}

function onDataOfWs(this: OwnedSocket, chunk: Buffer): void {
  const by = this[owner];
  if (by?.countRest(chunk.length)) this.destroy();
  else if (by !== undefined) giveWay(this, chunk.length, by);
}

/** The agent says nothing more; a WebSocket has no use for half a connection. */
function onEnd(this: OwnedSocket): void {
  this[owner]?.flush();
  this.end();
}

function onError(this: OwnedSocket): void {
  this.destroy();
}

function onClose(this: OwnedSocket): void {
  this[owner]?.gone();
}
