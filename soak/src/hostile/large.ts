import { constants, deflateRawSync, gzipSync } from "node:zlib";
import { type Attack, keepUp, openSocket, openWebSocket, pour } from "./attack.ts";
import { MAX_RECEIVE_BYTES } from "./limit.ts";

const AT_ONCE = 20;
const MASK = [0, 0, 0, 0];
const ZEROS = Buffer.alloc(64 * 1024);
const POST =
  "POST /v1/opamp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\n";
const BOMB_BYTES = 256 * 2 ** 20;

/** Frames and bodies that say that they are huge, and go on; and messages of ever more fragments. */
export const hugeMessages: Attack = {
  name: "huge frames and bodies",
  async run(target) {
    const kinds = [
      // 4 EB, announced at once.
      { open: openWebSocket, start: [0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, ...MASK], rest: ZEROS },
      // As much as the server takes.
      { open: openWebSocket, start: longHeader(0x82, MAX_RECEIVE_BYTES), rest: ZEROS },
      { open: openWebSocket, start: [0x02, 0x80, ...MASK], rest: fragment() },
      {
        open: openSocket,
        start: Buffer.from(`${POST}Transfer-Encoding: chunked\r\n\r\n`),
        rest: chunk(),
      },
    ];
    await Promise.all(
      kinds.map(({ open, start, rest }) =>
        keepUp(target, {
          atOnce: Math.ceil(AT_ONCE / kinds.length),
          act() {
            const socket = open(target);
            socket.write(Uint8Array.from(start));
            void pour(socket, rest);
            return socket;
          },
        }),
      ),
    );
  },
};

const zeros = Buffer.alloc(BOMB_BYTES);
const deflated = deflateRawSync(zeros, { finishFlush: constants.Z_SYNC_FLUSH });
const zipped = gzipSync(zeros);

/** Little that becomes much: 256 MiB of zeros, over both transports. */
export const deflateBombs: Attack = {
  name: "deflate bombs",
  async run(target) {
    const post = `${POST}Content-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`;
    const bombs = [
      { open: openWebSocket, bytes: Buffer.concat([longHeader(0xc2, deflated.length), deflated]) },
      { open: openSocket, bytes: Buffer.concat([Buffer.from(post), zipped]) },
    ];
    await Promise.all(
      bombs.map(({ open, bytes }) =>
        keepUp(target, {
          atOnce: AT_ONCE / bombs.length,
          act() {
            const socket = open(target).resume();
            socket.write(bytes);
            return socket;
          },
        }),
      ),
    );
  },
};

function fragment(): Buffer {
  const header = Buffer.from([0x00, 0xfe, 0xff, 0xff, ...MASK]);
  return Buffer.concat([header, Buffer.alloc(0xffff)]);
}

function chunk(): Buffer {
  return Buffer.concat([Buffer.from("10000\r\n"), ZEROS, Buffer.from("\r\n")]);
}

function longHeader(first: number, length: number): Buffer {
  const header = Buffer.from([first, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, ...MASK]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
