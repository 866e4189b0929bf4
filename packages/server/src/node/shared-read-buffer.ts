import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";

// Node allocates 64 KiB for each read, copies what came into an ArrayBuffer of its own, and passes
// that through a stream. Reading into one buffer that all sockets share saves a fifth of the CPU of a
// heartbeat. Node offers that (`onread`) for sockets that one makes, not for those that a server
// takes in: so the same is set up here from outside. Where Node has changed, sockets are read by
// their events, as ever.

/** Takes what is at the start of the buffer, before it returns. Says whether to read on. */
type TakeRead = (this: Duplex, length: number, buffer: Buffer) => boolean;

interface Internals {
  readonly buffer: symbol;
  readonly callback: symbol;
}

const internals: Internals | undefined = findInternals();
const shared: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Reads a socket into the shared buffer from now on. False when that is not possible. */
export function shareReadBuffer(socket: Duplex, take: TakeRead): boolean {
  if (internals === undefined || !(socket instanceof NetSocket)) return false;
  const handle: unknown = Reflect.get(socket, "_handle");
  if (!hasUserBuffer(handle)) return false;
  Reflect.set(socket, internals.callback, take);
  Reflect.set(socket, internals.buffer, shared);
  handle.useUserBuffer(shared);
  return true;
}

/** Passes what is read through the socket's stream again. */
export function unshareReadBuffer(socket: Duplex): void {
  if (internals === undefined || Reflect.get(socket, internals.buffer) !== shared) return;
  Reflect.set(socket, internals.callback, pushCopy);
}

function pushCopy(this: Duplex, length: number, buffer: Buffer): boolean {
  return this.push(Buffer.from(buffer.subarray(0, length)));
}

interface Handle {
  useUserBuffer(buffer: Buffer): void;
}

function hasUserBuffer(handle: unknown): handle is Handle {
  return typeof handle === "object" && handle !== null && "useUserBuffer" in handle;
}

function findInternals(): Internals | undefined {
  const symbols = Object.getOwnPropertySymbols(new NetSocket());
  const buffer = symbols.find(({ description }) => description === "kBuffer");
  const callback = symbols.find(({ description }) => description === "kBufferCb");
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback };
}
