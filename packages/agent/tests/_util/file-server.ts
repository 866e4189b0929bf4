import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request for a file. */
export interface FileRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly content: Uint8Array;
  /** How many requests for this file came before. */
  readonly earlier: number;
}

/** Serves files by path, with ranges and an entity tag. */
export interface FileServer extends AsyncDisposable {
  /** Every request, as its path, with the first byte that was asked for. */
  readonly requests: readonly string[];
  /** How many bytes of content were sent. */
  readonly sentBytes: number;
  /** Gives a content an URL. */
  put(path: string, content: Uint8Array): string;
  /** Answers requests from now on. */
  script: (request: FileRequest) => void;
}

export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, Uint8Array>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const earlier = requests.filter((before) => before.startsWith(`${path} `)).length;
    requests.push(`${path} ${firstByteOf(request)}`);
    const content = files.get(path);
    if (content === undefined) response.writeHead(404).end();
    else self.script({ request, response, content, earlier });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let sentBytes = 0;
  const self: FileServer = {
    requests,
    get sentBytes() {
      return sentBytes;
    },
    put(path, content) {
      files.set(path, content);
      return `http://127.0.0.1:${port}${path}`;
    },
    script: (request) => {
      sentBytes += serveFile(request);
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return self;
}

/** Answers as file servers do, and cuts the connection after some bytes. Tells how many were sent. */
export function serveFile(
  { request, response, content }: FileRequest,
  cutAfterBytes = Number.POSITIVE_INFINITY,
): number {
  const start = firstByteOf(request);
  const rest = content.subarray(start);
  const length = { "content-length": rest.length, etag: '"1"' };
  const range = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
  if (start > 0 && start >= content.length) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    return 0;
  }
  response.writeHead(start > 0 ? 206 : 200, start > 0 ? { ...length, ...range } : length);
  if (cutAfterBytes >= rest.length) response.end(rest);
  else response.write(rest.subarray(0, cutAfterBytes), () => response.socket?.end());
  return Math.min(cutAfterBytes, rest.length);
}

function firstByteOf({ headers }: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
}
