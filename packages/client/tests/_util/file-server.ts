import type { IncomingMessage, ServerResponse } from "node:http";
import type { TlsOptions } from "node:tls";
import { type RawServer, startRawServer } from "../transport/_util/raw-server.ts";

/** One request for a file, and the file. */
export interface FileRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly content: Buffer;
  /** How often this path was asked for before. */
  readonly earlier: number;
}

export interface FileServer extends RawServer {
  readonly url: string;
  readonly requests: readonly IncomingMessage[];
  /** How many bytes of content were handed to sockets. */
  readonly sentBytes: number;
  put(path: string, content: Uint8Array): string;
  /** Answers instead of the usual way. */
  script: ((request: FileRequest) => unknown) | undefined;
  /** Answers the usual way: ranges, entity tag. Cuts the connection after `cutAfter` bytes. */
  serve(request: FileRequest, options?: { readonly cutAfter?: number }): void;
}

/** Serves files by path, in the way that real ones do. */
export async function startFileServer(tls?: TlsOptions): Promise<FileServer> {
  const raw = await startRawServer(tls);
  const files = new Map<string, Buffer>();
  const requests: IncomingMessage[] = [];
  let sentBytes = 0;
  const server: FileServer = Object.assign(Object.create(raw) as RawServer, {
    url: raw.origin("http"),
    requests,
    sentBytes: 0,
    put(path: string, content: Uint8Array) {
      files.set(path, Buffer.from(content));
      return raw.origin("http") + path;
    },
    script: undefined,
    serve({ request, response, content }: FileRequest, { cutAfter = Infinity } = {}) {
      const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
      const tag = `"${content.length}-${content.subarray(0, 8).toString("hex")}"`;
      const ifRange = request.headers["if-range"];
      const isPart = range !== null && (ifRange === undefined || ifRange === tag);
      const start = isPart ? Number(range[1]) : 0;
      const rest = content.subarray(start);
      const end = content.length - 1;
      response.writeHead(isPart ? 206 : 200, {
        "content-length": rest.length,
        etag: tag,
        ...(isPart ? { "content-range": `bytes ${start}-${end}/${content.length}` } : {}),
      });
      if (cutAfter >= rest.length) {
        sentBytes += rest.length;
        return void response.end(rest);
      }
      sentBytes += cutAfter;
      response.write(rest.subarray(0, cutAfter), () => response.socket?.end());
    },
  });
  Object.defineProperty(server, "sentBytes", { get: () => sentBytes });
  raw.server.on("request", (request, response) => {
    const path = request.url ?? "";
    const earlier = requests.filter(({ url }) => url === path).length;
    requests.push(request);
    const content = files.get(path);
    if (content === undefined) return void response.writeHead(404).end();
    const asked = { request, response, content, earlier };
    if (server.script === undefined) server.serve(asked);
    else server.script(asked);
  });
  return server;
}
