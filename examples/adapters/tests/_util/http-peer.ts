import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { connect, type OutgoingHttpHeaders } from "node:http2";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export interface PeerRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Goes away when it fires. */
  readonly signal?: AbortSignal;
}

export interface PeerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** What agents of one kind share: connections of HTTP/1.1, or one session of HTTP/2. */
export interface HttpPeer extends Disposable {
  send(request: PeerRequest): Promise<PeerResponse>;
}

export interface PeerOptions {
  readonly origin: string;
  readonly http2: boolean;
  readonly ca: string;
}

const message = { method: "POST", path: "/v1/opamp" } as const;

export function createHttpPeer(options: PeerOptions): HttpPeer {
  return options.http2 ? createHttp2Peer(options) : createHttp1Peer(options);
}

function createHttp1Peer({ origin, ca }: PeerOptions): HttpPeer {
  const isTls = origin.startsWith("https:");
  const agent = isTls
    ? new HttpsAgent({ ca, keepAlive: true })
    : new HttpAgent({ keepAlive: true });
  const open = isTls ? httpsRequest : httpRequest;
  return {
    send: ({ body, ...rest }) =>
      new Promise((resolve, reject) => {
        const { path, ...request } = { ...message, ...rest };
        const sent = open(new URL(path, origin), { agent, ...request }, (response) => {
          const { statusCode = 0, headers } = response;
          collect(response, (bytes) => resolve({ status: statusCode, headers, body: bytes }));
        });
        sent.on("error", reject).end(body);
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function createHttp2Peer({ origin, ca }: PeerOptions): HttpPeer {
  const session = connect(origin, { ca });
  // Each stream tells of the loss of its session.
  session.on("error", () => undefined);
  return {
    send: ({ body, signal, ...rest }) =>
      new Promise((resolve, reject) => {
        const { method, path, headers } = { ...message, ...rest };
        const all: OutgoingHttpHeaders = { ":method": method, ":path": path, ...headers };
        const stream = session.request(all, { endStream: false, ...(signal && { signal }) });
        stream.on("error", reject);
        stream.on("response", ({ ":status": status = 0, ...received }) => {
          collect(stream, (bytes) => resolve({ status, headers: received, body: bytes }));
        });
        stream.end(body);
      }),
    [Symbol.dispose]: () => session.destroy(),
  };
}

function collect(stream: NodeJS.ReadableStream, done: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => done(Buffer.concat(chunks)));
}
