import { randomBytes } from "node:crypto";
import { type Attack, keepUp, openSocket, openWebSocket, pour } from "./attack.ts";

const AT_ONCE = 20;
const REQUEST = "GET /v1/opamp HTTP/1.1\r\nHost: 127.0.0.1\r\n";
const MANY_HEADERS = Buffer.from(
  Array.from({ length: 1000 }, (_, i) => `X-${i}: ${i}\r\n`).join(""),
);

/** Headers without end. */
export const headerFlood: Attack = {
  name: "header floods",
  run: (target) =>
    keepUp(target, {
      atOnce: AT_ONCE,
      act() {
        const socket = openSocket(target).resume();
        socket.write(REQUEST);
        void pour(socket, MANY_HEADERS);
        return socket;
      },
    }),
};

/** Bytes that are no HTTP, no frames, and frames that are no messages; the answers are not read. */
export const garbage: Attack = {
  name: "garbage",
  async run(target) {
    const noise = randomBytes(16_384);
    const frames = Buffer.concat(Array.from({ length: 500 }, () => frameOf(randomBytes(20))));
    const empty = Buffer.concat(Array.from({ length: 2000 }, () => frameOf(Buffer.alloc(0))));
    const kinds = [
      { open: openSocket, bytes: noise },
      { open: openWebSocket, bytes: noise },
      { open: openWebSocket, bytes: frames },
      { open: openWebSocket, bytes: empty },
    ];
    await Promise.all(
      kinds.map(({ open, bytes }) =>
        keepUp(target, {
          atOnce: AT_ONCE / kinds.length,
          act() {
            const socket = open(target);
            void pour(socket, bytes);
            return socket;
          },
        }),
      ),
    );
  },
};

/** A short masked frame. */
function frameOf(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
