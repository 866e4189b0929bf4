import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2cServer } from "node:http2";
import type { AddressInfo, Server as NetServer } from "node:net";
import { serve } from "@hono/node-server";
import { createOpAMPServer, type OpAMPServer, type ServerSettings } from "@opamp/server";
import { createFetchHandler } from "@opamp/server/fetch";
import type { KeyedCertificate } from "@opamp/test-kit";
import { createExpressServer } from "../../src/express.ts";
import { createFastifyApp } from "../../src/fastify.ts";
import { createHonoApp } from "../../src/hono.ts";
import { createHttp2Server } from "../../src/http2.ts";

/** An OpAMP server where agents reach it. */
export interface Mounted extends AsyncDisposable {
  readonly origin: string;
  /** Closes OpAMP; what it is mounted on goes on. */
  close(): Promise<void>;
}

export interface Adapter {
  readonly name: string;
  readonly http2: boolean;
  readonly webSocket: boolean;
  mount(settings: ServerSettings, certificate: KeyedCertificate): Promise<Mounted>;
}

const local = { port: 0, host: "127.0.0.1" } as const;

/** Every way of mounting the server. */
export const adapters: readonly Adapter[] = [
  {
    name: "listen",
    http2: false,
    webSocket: true,
    async mount(settings) {
      const opamp = createOpAMPServer(settings);
      const { port } = await opamp.listen(local);
      return alone(opamp, `http://127.0.0.1:${port}`);
    },
  },
  {
    name: "listen with TLS",
    http2: false,
    webSocket: true,
    async mount(settings, tls) {
      const opamp = createOpAMPServer(settings);
      const { port } = await opamp.listen({ ...local, tls });
      return alone(opamp, `https://127.0.0.1:${port}`);
    },
  },
  {
    name: "attach to node:http",
    http2: false,
    webSocket: true,
    mount(settings) {
      const opamp = createOpAMPServer(settings);
      const server = createServer((_request, response) => response.writeHead(404).end());
      opamp.attach(server);
      return mountOn(opamp, server);
    },
  },
  {
    name: "attach to node:http2 with TLS",
    http2: true,
    webSocket: true,
    mount(settings, certificate) {
      const opamp = createOpAMPServer(settings);
      return mountOn(opamp, createHttp2Server(opamp, certificate), "https");
    },
  },
  {
    name: "handleRequest of node:http2",
    http2: true,
    webSocket: false,
    mount(settings) {
      const opamp = createOpAMPServer(settings);
      const server = createHttp2cServer((request, response) => {
        if (request.url.startsWith("/v1/opamp")) void opamp.handleRequest(request, response);
        else response.writeHead(404).end();
      });
      return mountOn(opamp, server);
    },
  },
  {
    name: "Express",
    http2: false,
    webSocket: true,
    mount(settings) {
      const opamp = createOpAMPServer(settings);
      return mountOn(opamp, createExpressServer(opamp));
    },
  },
  {
    name: "Fastify",
    http2: false,
    webSocket: true,
    async mount(settings) {
      const opamp = createOpAMPServer(settings);
      const app = createFastifyApp(opamp);
      const origin = await app.listen(local);
      return {
        origin,
        close: () => opamp.close(),
        async [Symbol.asyncDispose]() {
          await opamp.close({ deadlineMs: 0 });
          app.server.closeAllConnections();
          await app.close();
        },
      };
    },
  },
  {
    name: "fetch under Hono",
    http2: false,
    webSocket: false,
    mount(settings) {
      const opamp = createFetchHandler(settings);
      const { fetch } = createHonoApp(opamp);
      const server = serve({ fetch, port: local.port, hostname: local.host }) as Server;
      return mountOn(opamp, server);
    },
  },
];

type Closeable = Pick<OpAMPServer, "close">;

function alone(opamp: OpAMPServer, origin: string): Mounted {
  return {
    origin,
    close: () => opamp.close(),
    [Symbol.asyncDispose]: () => opamp.close({ deadlineMs: 0 }),
  };
}

async function mountOn(opamp: Closeable, server: NetServer, scheme = "http"): Promise<Mounted> {
  if (!server.listening) {
    server.listen(local);
    await once(server, "listening");
  }
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    close: () => opamp.close(),
    async [Symbol.asyncDispose]() {
      await opamp.close({ deadlineMs: 0 });
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
