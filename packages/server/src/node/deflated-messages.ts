import { deflateRawSync, inflateRawSync, constants as zlib } from "node:zlib";
import { encodeFrame } from "@opamp/protocol";

// permessage-deflate (RFC 7692) without context takeover: each message is compressed by itself, and
// nothing has to be kept from one to the next. What is small is done at once, in well under a
// millisecond, and its memory is free again. `ws` keeps a stream for each direction of a connection,
// some 20 KB to inflate and 260 KB to deflate, and goes through the thread pool for each message.

/** So much is inflated at once of what one read brings. */
export const MAX_INFLATED_BYTES: number = 64 * 1024;

/** What takes more on the wire is not inflated at once. */
export const MAX_COMPRESSED_BYTES: number = 16 * 1024;

/** What is longer is not deflated at once. */
export const MAX_DEFLATED_BYTES: number = 32 * 1024;

/**
 * So much is inflated at a time, for a message keeps the memory of its last piece. To inflate a few
 * bytes costs no less than a piece does.
 */
export const PIECE_BYTES: number = 1024;

/** What ends a compressed message, and is not sent (section 7.2.1). */
const TAIL: Buffer = Buffer.from([0, 0, 0xff, 0xff]);

const DEFAULT_WINDOW_BITS = 15;

/** Undefined for what is broken, and for what would be longer. */
export function inflateAtOnce(payload: Uint8Array, maxOutputLength: number): Buffer | undefined {
  if (maxOutputLength < 1) return undefined;
  const options = { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength, chunkSize: PIECE_BYTES };
  try {
    return inflateRawSync(Buffer.concat([payload, TAIL]), options);
  } catch {
    return undefined;
  }
}

/** The payload of a message, with its header. */
export function deflateAtOnce(message: Uint8Array, windowBits: number): Buffer {
  const options = { finishFlush: zlib.Z_SYNC_FLUSH, windowBits };
  return deflateRawSync(encodeFrame(message), options).subarray(0, -TAIL.length);
}

/** The window within which an agent can inflate, of what `ws` has agreed on with it. */
export function agreedWindowBits(ws: object = {}): number {
  const extensions: Agreed | undefined = Reflect.get(ws, "_extensions");
  return extensions?.["permessage-deflate"]?.params.server_max_window_bits ?? DEFAULT_WINDOW_BITS;
}

interface Agreed {
  readonly "permessage-deflate"?: { readonly params: { readonly server_max_window_bits?: number } };
}
