import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenLocally } from "@opamp/test-kit";

export interface BreakingFileServerOptions {
  readonly content: Buffer;
  /** How many bytes of the content one connection carries before it breaks. */
  readonly breakAfterBytes: number;
}

/** Serves one content over a link that breaks again and again. */
export interface BreakingFileServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: number;
  /** How many bytes of the content were sent, over all requests. */
  readonly sentBytes: number;
}

export async function startBreakingFileServer(
  options: BreakingFileServerOptions,
): Promise<BreakingFileServer> {
  let requests = 0;
  let sentBytes = 0;
  const server = createServer((request, response) => {
    requests += 1;
    sentBytes += answer(request, response, options);
  });
  const local = await listenLocally(server);
  return {
    url: `http://127.0.0.1:${local.port}/package`,
    get requests() {
      return requests;
    },
    get sentBytes() {
      return sentBytes;
    },
    [Symbol.asyncDispose]: local.close,
  };
}

/** Sends what is asked for, or as much as the link carries. Gives back how much that is. */
function answer(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { content, breakAfterBytes }: BreakingFileServerOptions,
): number {
  const range = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
  const start = Number(range ?? 0);
  response.writeHead(range === undefined ? 200 : 206, {
    "content-length": content.length - start,
    etag: '"1"',
    ...(range && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
  });
  const part = content.subarray(start, start + breakAfterBytes);
  if (start + part.length === content.length) response.end(part);
  else response.write(part, () => response.socket?.destroy());
  return part.length;
}
