import type { AddressInfo, Server, Socket } from "node:net";

/** A server on a free port of 127.0.0.1. */
export interface LocalServer {
  readonly port: number;
  /** How many connections of clients are open. */
  readonly openConnections: number;
  /** Cuts every connection, and takes no more. */
  readonly close: () => Promise<void>;
}

/** Lets a server listen, and keeps track of its connections. */
export async function listenLocally(server: Server): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get openConnections() {
      return sockets.size;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
