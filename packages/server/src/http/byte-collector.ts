/** Bytes that arrive in chunks. */
export interface ByteCollector {
  readonly size: number;
  add(chunk: Uint8Array): void;
  /** All so far, in one piece. Nothing may be added afterwards. */
  take(): Uint8Array;
}

/**
 * Makes a collector. It copies what comes after the first chunk into one buffer: a list of a million
 * chunks of one byte would cost a hundred times what they hold.
 */
export function createByteCollector(): ByteCollector {
  let buffer: Uint8Array = new Uint8Array();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(chunk) {
      if (size === 0) {
        buffer = chunk;
      } else {
        if (size + chunk.length > buffer.length) buffer = grown(buffer, size, chunk.length);
        buffer.set(chunk, size);
      }
      size += chunk.length;
    },
    take: () => buffer.subarray(0, size),
  };
}

function grown(buffer: Uint8Array, size: number, by: number): Uint8Array {
  const larger = new Uint8Array(Math.max(2 * size, size + by));
  larger.set(buffer.subarray(0, size));
  return larger;
}
