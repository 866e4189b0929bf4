import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { TlsOptions } from "node:tls";
import { eventually } from "@opamp/test-kit";
import { type RawServer, startRawServer } from "./raw-server.ts";

/** One request, complete, and the way to answer it. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
  /** Answers as OpAMP servers do, unless told otherwise. */
  answer(body: Uint8Array, options?: AnswerOptions): void;
}

export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
}

export interface HttpPeerServer extends RawServer {
  readonly exchanges: readonly HttpExchange[];
  readonly url: string;
  /** Waits for the next request that has not been taken yet. */
  accept(): Promise<HttpExchange>;
  /** Answers every request from now on. */
  onRequest(handler: (exchange: HttpExchange) => void): void;
}

export async function startHttpPeer(tls?: TlsOptions): Promise<HttpPeerServer> {
  const raw = await startRawServer(tls);
  const exchanges: HttpExchange[] = [];
  let taken = 0;
  let handler: (exchange: HttpExchange) => void = () => {};
  raw.server.on("request", (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      const exchange = createExchange(request, response, Buffer.concat(chunks));
      exchanges.push(exchange);
      handler(exchange);
    });
  });
  return Object.assign(Object.create(raw) as RawServer, {
    exchanges,
    url: `${raw.origin("http")}/v1/opamp`,
    accept: () =>
      eventually(() => {
        const exchange = exchanges[taken];
        if (exchange === undefined) throw new Error("no further request arrived");
        taken += 1;
        return exchange;
      }),
    onRequest: (next: (exchange: HttpExchange) => void) => {
      handler = next;
    },
  });
}

function createExchange(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): HttpExchange {
  return {
    request,
    body,
    response,
    answer(answer, { status = 200, headers = {} } = {}) {
      response.writeHead(status, { "content-type": "application/x-protobuf", ...headers });
      response.end(answer);
    },
  };
}
