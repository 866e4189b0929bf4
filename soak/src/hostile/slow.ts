import { setTimeout as wait } from "node:timers/promises";
import { type Attack, dribble, keepUp, openSocket, openWebSocket, type Target } from "./attack.ts";

const START_OF_HEAD = "GET /v1/opamp HTTP/1.1\r\nHost: 127.0.0.1\r\n";
const START_OF_POST =
  "POST /v1/opamp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100000\r\n\r\n";
/** Binary, masked, 100,000 bytes. */
const START_OF_FRAME = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x86, 0xa0, 1, 2, 3, 4]);
const EVERY_MS = 500;

/** Requests that never end: each holds a connection, and costs its owner next to nothing. */
export const halfOpenHandshakes: Attack = {
  name: "10,000 half-open handshakes from 500 addresses",
  async run(target) {
    for (let opened = 0; opened < 10_000 && !target.signal.aborted; opened += 1) {
      const address = `127.3.${opened % 2}.${1 + (Math.floor(opened / 2) % 250)}`;
      openSocket(target, address).write(START_OF_HEAD);
      if (opened % 100 === 0) await wait(1);
    }
    await untilAborted(target);
  },
};

/** Heads, bodies and frames that arrive byte by byte. */
export const slowWriters: Attack = {
  name: "slow writers",
  async run(target) {
    const starts = [
      { open: openSocket, start: `${START_OF_HEAD}X: ` },
      { open: openSocket, start: START_OF_POST },
      { open: openWebSocket, start: START_OF_FRAME },
    ];
    await Promise.all(
      starts.map(({ open, start }) =>
        keepUp(target, {
          atOnce: 300,
          act() {
            const socket = open(target);
            socket.write(start);
            void dribble(socket, { everyMs: EVERY_MS });
            return socket;
          },
        }),
      ),
    );
  },
};

async function untilAborted({ signal }: Target): Promise<void> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
}
