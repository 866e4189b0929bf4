import type { Server } from "node:https";
import { Socket } from "node:net";
import { interceptConnections } from "./intercept-connections.ts";

// Node's TLS makes all it needs for a connection when it is accepted, and with the first read a buffer
// of 64 KiB that stays. When an agent has said something before, and that is handed over in pieces of
// less than 1 KiB, the buffer is of 1 KiB: as long as no more comes at a time, it stays so. That is
// 10 KB of resident memory for each connection, and connections that say nothing cost no TLS at all.

/** So much is handed over at a time. */
const PIECE_BYTES = 1000;

export interface FirstBytesOptions {
  /** How long a connection may say nothing. */
  readonly timeoutMs: number;
  readonly failed: (error: Error) => void;
}

/** Begins TLS on a connection when something was read from it. */
export function awaitFirstBytes(server: Server, { timeoutMs, failed }: FirstBytesOptions): void {
  interceptConnections(server, (socket, passOn) => {
    const begin = (): void => {
      socket.off("readable", begin).off("timeout", onTimeout).off("error", failed).setTimeout(0);
      // It has ended.
      if (socket.readableLength === 0) return void socket.destroy();
      socket.read = readInPieces;
      passOn(socket);
    };
    socket.on("readable", begin).on("timeout", onTimeout).on("error", failed).setTimeout(timeoutMs);
  });
}

function readInPieces(this: Socket, size?: number): unknown {
  const pieceBytes = Math.min(this.readableLength, PIECE_BYTES);
  return Socket.prototype.read.call(this, size ?? pieceBytes);
}

function onTimeout(this: Socket): void {
  this.destroy(new Error("nothing was said in time"));
}
