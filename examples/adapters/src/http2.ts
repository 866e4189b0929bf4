import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { OpAMPServer } from "@opamp/server";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** OpAMP on a server of HTTP/2: requests come over both versions, WebSockets over HTTP/1.1. */
export function createHttp2Server(
  opamp: OpAMPServer,
  { cert, key }: Certificate,
): Http2SecureServer {
  const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    response.writeHead(request.url === "/healthz" ? 200 : 404).end();
  });
  opamp.attach(server);
  return server;
}
