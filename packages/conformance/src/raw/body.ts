import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";

/** Everything a stream holds. */
export async function readBody(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A body without its content encoding; as it came when it cannot be undone. */
export function contentOf(headers: IncomingHttpHeaders, body: Buffer): Buffer {
  if (headers["content-encoding"] !== "gzip") return body;
  try {
    return gunzipSync(body);
  } catch {
    return body;
  }
}
