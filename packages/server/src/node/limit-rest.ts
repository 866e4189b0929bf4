import type { Readable } from "node:stream";

/**
 * Cuts an agent that goes on sending after it was refused: all that it says is thrown away, but
 * reading as fast as it writes would hold up the others. Those who stop are not cut, and see why they
 * were refused.
 */
export function limitRest(stream: Readable, maxBytes: number): void {
  let leftBytes = maxBytes;
  stream.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) stream.destroy();
  });
}
