import { promisify } from "node:util";
import { gunzip, gzip, gzipSync } from "node:zlib";
import type { BodyOutcome } from "./http-request.ts";

const inflate = promisify(gunzip);
const deflate = promisify(gzip);

/** The codings that a request body may come in (S-19). */
export type ContentEncoding = "identity" | "gzip";

/** The coding a Content-Encoding header names; undefined for one that is not supported (S-18). */
export function parseContentEncoding(header: string | undefined): ContentEncoding | undefined {
  const name = (header ?? "").trim().toLowerCase();
  if (name === "" || name === "identity") return "identity";
  if (name === "gzip" || name === "x-gzip") return "gzip";
  return undefined;
}

/** How undoing a content coding ended. */
export type DecodeOutcome = BodyOutcome | { readonly kind: "corrupt"; readonly cause: unknown };

/** Undoes gzip, and stops as soon as more than `maxBytes` come out (S-13, L-02). */
export async function decompress(body: Uint8Array, maxBytes: number): Promise<DecodeOutcome> {
  try {
    return { kind: "complete", bytes: await inflate(body, { maxOutputLength: maxBytes }) };
  } catch (cause) {
    const tooLarge =
      cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    return tooLarge ? { kind: "too-large" } : { kind: "corrupt", cause };
  }
}

/** A body up to this size is compressed at once: a turn in the thread pool costs five times as much. */
const SMALL_BYTES = 1024;

/** The window and the state of zlib for a small body: what it sets up is most of the time it takes. */
const smallOptions = { windowBits: 10, memLevel: 1, chunkSize: 2 * SMALL_BYTES } as const;

/** Compresses a response body. */
export async function compress(body: Uint8Array): Promise<Uint8Array> {
  if (body.length <= SMALL_BYTES) return gzipSync(body, smallOptions);
  return await deflate(body);
}
