import type { BodyOutcome } from "./http-request.ts";

/** What a runtime offers to compress and decompress bodies with. */
export interface Gzip {
  /** Compresses a response body. */
  compress(body: Uint8Array): Promise<Uint8Array>;
  /** Undoes gzip, and stops as soon as more than `maxBytes` come out (S-13, L-02). Never rejects. */
  decompress(body: Uint8Array, maxBytes: number): Promise<DecodeOutcome>;
}

/** How undoing a content coding ended. */
export type DecodeOutcome = BodyOutcome | { readonly kind: "corrupt"; readonly cause: unknown };
