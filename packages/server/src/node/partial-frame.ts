/** So many pieces of one frame are kept as they came. */
export const MAX_PIECES: number = 1024;

/** Bytes of which the rest has yet to come; copies. */
export class PartialFrame {
  readonly #pieces: Buffer[];
  readonly #needed: number;
  #size: number;

  /** @param needed how many bytes there have to be before it is worth another look. */
  constructor(first: Buffer, needed: number) {
    this.#pieces = [Buffer.from(first)];
    this.#size = first.length;
    this.#needed = needed;
  }

  add(piece: Buffer): void {
    this.#pieces.push(Buffer.from(piece));
    this.#size += piece.length;
  }

  get isEnough(): boolean {
    return this.#size >= this.#needed;
  }

  /** It comes in pieces so small that they take more memory than they hold. */
  get isCrumbled(): boolean {
    return this.#pieces.length > MAX_PIECES;
  }

  joined(): Buffer {
    return Buffer.concat(this.#pieces, this.#size);
  }
}
