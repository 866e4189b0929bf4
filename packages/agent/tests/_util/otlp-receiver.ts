import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import { type OtlpContent, readOtlp, type SignalName } from "./otlp-messages.ts";

/** One request that arrived. */
export interface OtlpRequest extends OtlpContent {
  readonly signal: SignalName;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The common name of the client's certificate. */
  readonly clientName: string | undefined;
}

/** A collector: OTLP over HTTP, in protobuf, on a free port. */
export interface OtlpReceiver extends AsyncDisposable {
  /** The whole URL for a signal. */
  url(signal: SignalName): string;
  readonly requests: readonly OtlpRequest[];
  /** What every further request is answered with; a function decides one by one. */
  answer: { readonly status: number; readonly headers?: Record<string, string> };
  readonly openConnections: number;
  /** How many connections were made. */
  readonly connections: number;
  forget(): void;
}

/** The status for taking requests and never answering. */
export const NO_ANSWER = 0;

export interface OtlpReceiverOptions {
  readonly tls?: ServerOptions;
  /** @default a free one */
  readonly port?: number;
}

export async function startOtlpReceiver({
  tls,
  port = 0,
}: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
  const requests: OtlpRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = tls ? createTlsServer(tls) : createServer();
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    void readRequest(request).then((read) => {
      requests.push(read);
      if (receiver.answer.status === NO_ANSWER) return;
      const { status, headers = {} } = receiver.answer;
      response.writeHead(status, { "content-type": "application/x-protobuf", ...headers }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  const origin = `${tls ? "https" : "http"}://127.0.0.1:${address.port}`;
  const receiver: OtlpReceiver = {
    requests,
    answer: { status: 200 },
    url: (signal) => `${origin}/v1/${signal}`,
    forget: () => void requests.splice(0),
    get openConnections() {
      return sockets.size;
    },
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

async function readRequest(request: IncomingMessage): Promise<OtlpRequest> {
  const { url = "", headers, socket } = request;
  const body = await buffer(request);
  const signal = /metrics|traces|logs/.exec(url)?.[0] as SignalName;
  const certificate = (socket as Partial<TLSSocket>).getPeerCertificate?.();
  const { CN: clientName } = certificate?.subject ?? {};
  return {
    signal,
    path: url,
    headers,
    clientName: clientName?.toString(),
    ...readOtlp(signal, body),
  };
}
