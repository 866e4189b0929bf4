import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { KeyedCertificate } from "@opamp/test-kit";

/** An HTTP server whose connections can be cut. */
export interface CuttableServer {
  readonly server: Server;
  readonly port: number;
  /** Cuts the connection that comes from a port. */
  cut(remotePort: number | undefined): void;
  close(): Promise<void>;
}

export async function startCuttableServer(tls?: KeyedCertificate): Promise<CuttableServer> {
  const server = tls ? createHttpsServer(tls) : createHttpServer();
  const sockets = new Map<number | undefined, Socket>();
  server.on("connection", (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(remotePort));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    cut: (remotePort) => sockets.get(remotePort)?.destroy(),
    close() {
      for (const socket of sockets.values()) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
