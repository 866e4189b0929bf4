import { once } from "node:events";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import { deflateRaw, deflateRawSync, constants as zlib } from "node:zlib";
import { expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { NetworkOptions } from "./network-options.ts";
import { http } from "./node-http.ts";
import { shakeHands } from "./websocket-handshake.ts";

/** A compressed message of a server: of zeros. */
function deflated(length: number): Buffer {
  const bytes = deflateRawSync(new Uint8Array(length), { finishFlush: zlib.Z_SYNC_FLUSH });
  const payload = bytes.subarray(0, -4);
  const header = Buffer.from([0xc2, 126, 0, 0]);
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

async function openSocket(port: number): Promise<{ socket: WebSocket; wire: Socket }> {
  const answer = await shakeHands({
    url: new URL(`ws://127.0.0.1:${port}`),
    headers: {},
    agent: new http.Agent(),
    signal: new AbortController().signal,
    options: {
      compression: true,
      limits: { maxReceiveBytes: 20_000_000 },
      timeouts: { closeMs: 5000 },
    } as NetworkOptions,
  });
  if (answer.kind === "refused") throw new Error("the handshake is refused");
  return { socket: answer.socket, wire: Reflect.get(answer.socket, "_socket") };
}

it("nothing is read behind what breaks the rules, though it was there already, and the connection may be cut at once", async () => {
  await using stack = new AsyncDisposableStack();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
  stack.defer(() => server.close());
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const { socket, wire } = await openSocket(port);
  const lengths: number[] = [];
  socket.on("message", (data: Buffer) => lengths.push(data.length));
  const closed = new Promise((resolve) => {
    socket.once("close", resolve);
  });
  socket.on("error", () => wire.destroy()).resume();
  // While the first is inflated, the others wait.
  const reservedOpcode = Buffer.from([0x83, 0]);
  for (const piece of [deflated(200_000), reservedOpcode, deflated(10_000_000)]) wire.push(piece);
  await closed;
  // What would still be inflated is through the thread pool then.
  for (let i = 0; i < 8; i += 1) await promisify(deflateRaw)(new Uint8Array(100_000));
  expect(lengths).toEqual([200_000]);
});
