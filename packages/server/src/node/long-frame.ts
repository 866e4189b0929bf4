import { MASK_BYTES, payloadStart } from "./agent-frames.ts";
import { MAX_PIECES } from "./partial-frame.ts";

/** From this length on, it pays to unmask what has come while the rest is on its way. */
export const LONG_FRAME_BYTES: number = 64 * 1024;

/**
 * A long masked frame of which the rest has yet to come. Each piece is unmasked as it comes, so that
 * no turn of the event loop has to do that for all of it, and it is copied twice and not three times.
 */
export class LongFrame {
  readonly #header: Buffer;
  readonly #mask: Buffer;
  readonly #pieces: Buffer[] = [];
  readonly #length: number;
  #size = 0;

  /** @param bytes of the frame, with all of its header. */
  constructor(bytes: Buffer, frameBytes: number) {
    const start = payloadStart(bytes, 0);
    this.#header = Buffer.from(bytes.subarray(0, start));
    this.#mask = this.#header.subarray(-MASK_BYTES);
    this.#length = frameBytes - start;
    this.add(bytes.subarray(start));
  }

  /** Takes what is part of it. Returns how many bytes that were. */
  add(read: Buffer): number {
    const piece = masked(read.subarray(0, this.#length - this.#size), this.#mask, this.#size);
    this.#pieces.push(piece);
    this.#size += piece.length;
    return piece.length;
  }

  get isWhole(): boolean {
    return this.#size === this.#length;
  }

  /** It comes in pieces so small that they take more memory than they hold. */
  get isCrumbled(): boolean {
    return this.#pieces.length > MAX_PIECES;
  }

  payload(): Buffer {
    return Buffer.concat(this.#pieces, this.#size);
  }

  /** What has come, as it came. */
  joined(): Buffer {
    return Buffer.concat([this.#header, masked(this.payload(), this.#mask, 0)]);
  }
}

/** With the mask laid over it, or taken off, which is the same; a copy. */
function masked(bytes: Buffer, mask: Buffer, offset: number): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) {
    copy[i] = (bytes[i] ?? 0) ^ (mask[(offset + i) & 3] ?? 0);
  }
  return copy;
}
