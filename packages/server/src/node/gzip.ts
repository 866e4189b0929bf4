import { promisify } from "node:util";
import { gunzip, gzip, gzipSync } from "node:zlib";
import type { DecodeOutcome, Gzip } from "../http/gzip.ts";

const inflate = promisify(gunzip);
const deflate = promisify(gzip);

/** A body up to this size is compressed at once: a turn in the thread pool costs five times as much. */
const SMALL_BYTES = 1024;

/** The window and the state of zlib for a small body: what it sets up is most of the time it takes. */
const smallOptions = { windowBits: 10, memLevel: 1, chunkSize: 2 * SMALL_BYTES } as const;

/** The gzip of Node. */
export const nodeGzip: Gzip = {
  async compress(body) {
    if (body.length <= SMALL_BYTES) return gzipSync(body, smallOptions);
    return await deflate(body);
  },

  async decompress(body, maxBytes): Promise<DecodeOutcome> {
    try {
      return { kind: "complete", bytes: await inflate(body, { maxOutputLength: maxBytes }) };
    } catch (cause) {
      const tooLarge =
        cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
      return tooLarge ? { kind: "too-large" } : { kind: "corrupt", cause };
    }
  },
};
