import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Passes TCP connections on and counts the bytes, which shows whether they are compressed. */
export interface CountingProxy extends AsyncDisposable {
  readonly port: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
}

/** Listens on a free port and passes connections on to the port given. */
export async function startCountingProxy(serverPort: number): Promise<CountingProxy> {
  let bytesToServer = 0;
  let bytesToClient = 0;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(serverPort, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
    client.on("data", (chunk) => {
      bytesToServer += chunk.length;
    });
    upstream.on("data", (chunk) => {
      bytesToClient += chunk.length;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP server");

  return {
    port: address.port,
    get bytesToServer() {
      return bytesToServer;
    },
    get bytesToClient() {
      return bytesToClient;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
