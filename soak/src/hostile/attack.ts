import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Something bad that goes on until the signal. */
export interface Attack {
  readonly name: string;
  readonly run: (target: Target) => Promise<void>;
}

export interface Target {
  readonly port: number;
  readonly signal: AbortSignal;
}

/** How much of an attack there was. */
export interface AttackDone {
  /** Tried to open. */
  readonly connections: number;
  /** Handed to the system for them. */
  readonly bytes: number;
}

let connections = 0;
let bytes = 0;

/** Since the last call; the bytes of those that have ended. */
export function takeDone(): AttackDone {
  const done = { connections, bytes };
  connections = 0;
  bytes = 0;
  return done;
}

const UPGRADE = [
  "GET /v1/opamp HTTP/1.1",
  "Host: 127.0.0.1",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Extensions: permessage-deflate",
  "\r\n",
].join("\r\n");

/** A connection that does not care what happens to it. */
export function openSocket({ port, signal }: Target, localAddress = "127.2.0.1"): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress, signal, noDelay: true });
  connections += 1;
  return socket
    .setMaxListeners(0)
    .on("close", () => {
      bytes += socket.bytesWritten;
    })
    .on("error", () => socket.destroy())
    .on("end", () => socket.destroy());
}

/** One that has asked for a WebSocket, and takes for granted that it is given. */
export function openWebSocket(target: Target): Socket {
  const socket = openSocket(target);
  socket.write(UPGRADE);
  return socket;
}

/** Keeps so many of these going, one after the other. */
export async function keepUp(
  target: Target,
  { atOnce, act }: { readonly atOnce: number; readonly act: () => Socket },
): Promise<void> {
  const work = async (): Promise<void> => {
    while (!target.signal.aborted) await untilClosed(act());
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** Writes the same again and again, as fast as it is taken, until the socket is closed. */
export async function pour(socket: Socket, bytes: Uint8Array): Promise<void> {
  while (!socket.destroyed) {
    if (!socket.write(bytes)) await Promise.race([onceDrained(socket), untilClosed(socket)]);
  }
}

/** Writes a byte now and then, until the socket is closed. */
export async function dribble(
  socket: Socket,
  { everyMs }: { readonly everyMs: number },
): Promise<void> {
  while (!socket.destroyed) {
    socket.write("a");
    await wait(everyMs);
  }
}

function untilClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

function onceDrained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("drain", () => resolve()));
}
