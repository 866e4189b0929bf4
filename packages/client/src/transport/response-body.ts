import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { CONTENT_TYPE_PROTOBUF, OpAMPError } from "@opamp/protocol";
import { errorFromNetwork } from "./network-error.ts";

/** An answer with a longer or unknown rest is cheaper to cut than to read. */
const MAX_DISCARDED_BYTES = 4096;

/**
 * The encoded message in a successful answer, decompressed. Stops reading, and drops the
 * connection, as soon as the limit is passed (C-22); rejects with `message-too-large` then.
 */
export async function readMessage(
  response: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array> {
  try {
    const collect = (source: AsyncIterable<Buffer>) => readAll(source, maxBytes);
    const isGzip = assertMessage(response);
    return await (isGzip
      ? pipeline(response, createGunzip(), collect)
      : pipeline(response, collect));
  } catch (thrown) {
    response.destroy();
    throw errorFromNetwork(thrown, "connection-lost", "the answer could not be read");
  }
}

/** Makes the connection free for the next exchange, or ends it when too much is still to come. */
export function discardBody(response: IncomingMessage): void {
  const length = Number(response.headers["content-length"] ?? Number.POSITIVE_INFINITY);
  response.on("error", () => response.destroy());
  if (length <= MAX_DISCARDED_BYTES) response.resume();
  else response.destroy();
}

/** Whether the message is compressed; throws for an answer that is no message (L-03). */
function assertMessage({ headers }: IncomingMessage): boolean {
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "none";
  if (type !== CONTENT_TYPE_PROTOBUF) {
    throw new OpAMPError("unexpected-response", `the answer has the content type ${type}`);
  }
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new OpAMPError("unexpected-response", `the answer has the content encoding ${encoding}`);
  }
  return encoding === "gzip";
}

async function readAll(source: AsyncIterable<Buffer>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new OpAMPError("message-too-large", `the answer exceeds ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
