import type { DecodeOutcome, Gzip } from "../http/gzip.ts";
import { drain } from "./drain.ts";

/**
 * So much goes in at once. Some runtimes inflate all they are given before anybody reads: deflate
 * makes at most 1032 bytes of one, so a bomb costs 4 MiB above the limit there.
 */
const SLICE_BYTES = 4096;

/** The gzip of the Compression Streams standard. */
export const streamGzip: Gzip = {
  async compress(body) {
    const compressed = slices(body).pipeThrough(new CompressionStream("gzip"));
    return new Uint8Array(await new Response(compressed).arrayBuffer());
  },

  async decompress(body, maxBytes): Promise<DecodeOutcome> {
    const reader = slices(body).pipeThrough(new DecompressionStream("gzip")).getReader();
    try {
      const drained = await drain(reader, maxBytes);
      if (drained.kind === "too-large") await reader.cancel();
      return drained;
    } catch (cause) {
      return { kind: "corrupt", cause };
    }
  },
};

/** A stream that hands out the next slice when the one before was taken. */
function slices(body: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= body.length) return controller.close();
        controller.enqueue(body.subarray(at, at + SLICE_BYTES));
        at += SLICE_BYTES;
      },
    },
    { highWaterMark: 0 },
  );
}
