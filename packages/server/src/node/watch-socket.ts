import type { Duplex } from "node:stream";

/**
 * Calls back once when the other end of a socket goes away while nobody reads from it. Data that
 * arrives meanwhile stays in the socket. Returns how to stop watching.
 */
export function watchSocket(socket: Duplex, gone: () => void): () => void {
  // Most are done with within this turn of the event loop: to watch would cost more than all else.
  const soon = setImmediate(() => {
    stop = watchNow(socket, gone);
  });
  let stop = (): void => clearImmediate(soon);
  return () => stop();
}

function watchNow(socket: Duplex, gone: () => void): () => void {
  if (socket.destroyed) gone();
  // The end of a stream shows only to those who read; reading an empty buffer takes nothing out.
  const peek = (): void => {
    if (socket.readableLength === 0) socket.read();
  };
  socket.on("readable", peek).once("end", gone).once("close", gone).once("error", gone);
  return () => {
    socket.off("readable", peek).off("end", gone).off("close", gone).off("error", gone);
  };
}
