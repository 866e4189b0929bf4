import type { Readable } from "node:stream";

/**
 * Who fills that with one read has more to say, and would be read up to 32 times in one turn of the
 * event loop, while all others wait. It is the most that TLS gives at once.
 */
const FULL_READ_BYTES = 16 * 1024;

/** Who reads, and may have paused meanwhile. */
export interface Reader {
  readonly wantsMore: boolean;
}

/** To be called after each read: after a full one, the others have their turn before the next. */
export function giveWay(stream: Readable, readBytes: number, reader: Reader): void {
  if (readBytes < FULL_READ_BYTES || stream.isPaused()) return;
  stream.pause();
  setImmediate(readOn, stream, reader);
}

function readOn(stream: Readable, reader: Reader): void {
  if (reader.wantsMore) stream.resume();
}
