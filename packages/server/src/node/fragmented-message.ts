import { LAST_FRAGMENT, payloadOf } from "./agent-frames.ts";

/** Longer ones, and those in more frames, are left to `ws`. */
const MAX_BYTES = 256 * 1024;
const MAX_FRAMES = 256;

/**
 * The frames of a message of which the last has yet to come; copies. Agents of opamp-go never send a
 * frame of more than 4 KiB.
 */
export class FragmentedMessage {
  readonly #frames: Buffer[] = [];
  readonly #maxBytes: number;
  #size = 0;

  /** @param maxPayload of a message. */
  constructor(maxPayload: number) {
    this.#maxBytes = Math.min(MAX_BYTES, maxPayload);
  }

  /** Whether a frame of that size can be the next one here. */
  hasRoomFor(bytes: number): boolean {
    return this.#frames.length < MAX_FRAMES && this.#size + bytes <= this.#maxBytes;
  }

  add(frame: Buffer): void {
    this.#frames.push(Buffer.from(frame));
    this.#size += frame.length;
  }

  /** With the bits that say what it is. */
  get start(): number {
    return this.#frames[0]?.[0] ?? LAST_FRAGMENT;
  }

  /** What the frames say together, with the last one. */
  payloadWith(last: Buffer): Buffer {
    return Buffer.concat([...this.#frames, last].map((frame) => payloadOf(frame, 0, frame.length)));
  }

  /** The frames as they came. */
  joined(): Buffer {
    return Buffer.concat(this.#frames, this.#size);
  }
}
