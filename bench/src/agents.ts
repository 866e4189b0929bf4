import { once } from "node:events";
import { encodeAgentToServer, encodeFrame } from "@opamp/protocol";
import WebSocket from "ws";
import { heartbeat } from "./messages.ts";

/** How many handshakes are under way at once. */
const CONCURRENCY = 100;

/** Many agents that know just enough: a WebSocket and one heartbeat each. */
export interface Agents extends AsyncDisposable {
  /** Every agent sends its next heartbeat when the last is answered. Resolves with the answers. */
  beat(durationMs: number): Promise<number>;
}

/** Connects them; each has been answered once. */
export async function connectAgents(url: string, count: number): Promise<Agents> {
  const sockets: WebSocket[] = [];
  const frame = encodeFrame(encodeAgentToServer(heartbeat()));
  while (sockets.length < count) {
    const batch = Math.min(CONCURRENCY, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => connect(url, frame)))));
  }
  return {
    beat: (durationMs) => beat(sockets, frame, durationMs),
    async [Symbol.asyncDispose]() {
      const closed = sockets.map((socket) => once(socket, "close"));
      for (const socket of sockets) socket.terminate();
      await Promise.all(closed);
    },
  };
}

async function connect(url: string, frame: Uint8Array): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
  await once(socket, "open");
  socket.send(frame);
  await once(socket, "message");
  return socket;
}

async function beat(
  sockets: readonly WebSocket[],
  frame: Uint8Array,
  durationMs: number,
): Promise<number> {
  let answers = 0;
  for (const socket of sockets) {
    socket.on("message", () => {
      answers += 1;
      socket.send(frame);
    });
    socket.send(frame);
  }
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  for (const socket of sockets) socket.removeAllListeners("message");
  return answers;
}
