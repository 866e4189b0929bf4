import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import { listenLocally } from "./local-server.ts";

export interface ConnectProxyOptions {
  /** Makes it an `https:` proxy. */
  readonly tls?: SecureContextOptions & { readonly requestCert?: boolean };
  /** Answers every CONNECT with this status in place of a tunnel. */
  readonly refuseWith?: number;
  /** Takes connections and never answers. @default false */
  readonly silent?: boolean;
}

/** What a proxy was asked. */
export interface ProxyRequest {
  readonly method: string;
  /** The host and port of a CONNECT. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** A proxy that tunnels CONNECT requests and remembers them. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ProxyRequest[];
  /** How many connections of clients are open. */
  readonly openConnections: number;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const requests: ProxyRequest[] = [];
  const server = options.tls ? createHttpsServer(options.tls) : createHttpServer();
  const record = ({ method = "", url = "", headers }: IncomingMessage): void => {
    requests.push({ method, target: url, headers });
  };
  server.on("request", (request, response) => {
    record(request);
    response.writeHead(405).end();
  });
  server.on("connect", (request, client, head) => {
    record(request);
    if (options.silent) {
      client.once("end", () => client.destroy()).resume();
      return;
    }
    if (options.refuseWith !== undefined) {
      const answer = `HTTP/1.1 ${options.refuseWith} Refused\r\nContent-Length: 0\r\n\r\n`;
      client.end(answer, () => client.destroy());
      return;
    }
    tunnel(client, request.url ?? "", head);
  });
  const local = await listenLocally(server);
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${local.port}`,
    port: local.port,
    requests,
    get openConnections() {
      return local.openConnections;
    },
    close: local.close,
    [Symbol.asyncDispose]: local.close,
  };
}

function tunnel(client: Duplex, target: string, head: Buffer): void {
  const { hostname, port } = new URL(`http://${target}`);
  const upstream = connect(Number(port || 80), hostname);
  upstream.once("connect", () => {
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on("error", () => {
    if (upstream.connecting) client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    else client.destroy();
  });
  upstream.once("close", () => client.end(() => client.destroy()));
  client.once("close", () => upstream.destroy());
}
