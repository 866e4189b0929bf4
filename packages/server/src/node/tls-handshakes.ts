import { type Server, Socket } from "node:net";

/**
 * Keeps the connections of a port that are in their TLS handshake, or before it: HTTP does not know
 * them yet, so `closeAllConnections` leaves them. Returns how to cut them.
 */
export function trackHandshakes(server: Server): () => void {
  const handshakes = new Set<Socket>();
  function forget(this: Socket): void {
    handshakes.delete(this);
  }
  server.on("connection", (socket: Socket) => {
    handshakes.add(socket);
    socket.on("close", forget);
  });
  server.on("secureConnection", (secure: Socket) => {
    // From here on HTTP knows it. Where Node has changed, it is kept until it is closed.
    const socket: unknown = Reflect.get(secure, "_parent");
    if (socket instanceof Socket && handshakes.delete(socket)) socket.off("close", forget);
  });
  return () => {
    for (const socket of handshakes) socket.destroy();
  };
}
