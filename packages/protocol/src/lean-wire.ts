/** Numbers of up to 49 bits are read and written without `bigint` arithmetic. */
const MAX_VARINT_BYTES = 7;
const NUMBER_LIMIT = 2n ** 49n;

/** One byte holds the length. */
const MAX_BYTES = 127;

/** Reads fields of one byte's tag, short bytes and numbers; is lost at anything else. */
export class LeanReader {
  readonly #bytes: Uint8Array;
  #pos = 0;
  isLost = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get goesOn(): boolean {
    return this.#pos < this.#bytes.length && !this.isLost;
  }

  tag(): number {
    const tag = this.#bytes[this.#pos] ?? 0;
    this.#pos += 1;
    return tag;
  }

  /** A view, which is no Buffer: the `slice` of a Buffer is no copy. */
  bytes(): Uint8Array {
    const length = this.tag();
    const start = this.#pos;
    this.#pos += length;
    if (length > MAX_BYTES || this.#pos > this.#bytes.length) this.isLost = true;
    if (this.isLost) return this.#bytes;
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
  }

  number(): bigint {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < MAX_VARINT_BYTES && this.goesOn; count += 1) {
      const byte = this.tag();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return BigInt(value);
      factor *= 0x80;
    }
    this.isLost = true;
    return 0n;
  }
}

const scratch = new Uint8Array(256);

/** Writes what `LeanReader` reads, one message at a time; is lost at anything else. */
export class LeanWriter {
  #pos = 0;
  #isLost = false;

  bytes(tag: number, bytes: Uint8Array | undefined): void {
    if (!(bytes instanceof Uint8Array) || bytes.length > MAX_BYTES) {
      this.#isLost ||= bytes !== undefined;
    } else if (bytes.length > 0) {
      scratch[this.#pos] = tag;
      scratch[this.#pos + 1] = bytes.length;
      scratch.set(bytes, this.#pos + 2);
      this.#pos += 2 + bytes.length;
    }
  }

  number(tag: number, number: bigint | undefined): void {
    if (typeof number !== "bigint" || number < 0n || number >= NUMBER_LIMIT) {
      this.#isLost ||= number !== undefined;
    } else if (number > 0n) {
      scratch[this.#pos] = tag;
      this.#pos += 1;
      this.#varint(Number(number));
    }
  }

  finish(): Uint8Array<ArrayBuffer> | undefined {
    return this.#isLost ? undefined : scratch.slice(0, this.#pos);
  }

  #varint(number: number): void {
    let rest = number;
    while (rest >= 0x80) {
      scratch[this.#pos] = (rest % 0x80) | 0x80;
      this.#pos += 1;
      rest = Math.floor(rest / 0x80);
    }
    scratch[this.#pos] = rest;
    this.#pos += 1;
  }
}
