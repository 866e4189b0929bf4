import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TlsOptions } from "node:tls";

/** An HTTP server on a free port, with nothing of OpAMP in it. */
export interface RawServer extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  /** The origin for a scheme, such as `ws://localhost:1234`. */
  origin(scheme: "ws" | "http"): string;
  /** How many connections are open. */
  readonly openConnections: number;
  /** How many connections were ever made. */
  readonly connections: number;
  /** Cuts every connection. */
  cutAll(): void;
}

export async function startRawServer(tls?: TlsOptions): Promise<RawServer> {
  const server = tls ? createHttpsServer(tls) : createHttpServer();
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    server,
    port,
    origin: (scheme) => `${scheme}${tls ? "s" : ""}://localhost:${port}`,
    get openConnections() {
      return sockets.size;
    },
    get connections() {
      return connections;
    },
    cutAll,
    async [Symbol.asyncDispose]() {
      cutAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
