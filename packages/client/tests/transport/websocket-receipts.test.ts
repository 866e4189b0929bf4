import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWebSocketTransport } from "../../src/transport/websocket-transport.ts";
import { bytes, connectClient } from "./_util/client-end.ts";
import { networkOptions } from "./_util/network-options.ts";
import { startWebSocketPeer, type WebSocketPeerServer } from "./_util/websocket-peer.ts";

let server: WebSocketPeerServer;
let pings: Buffer[];
beforeEach(async () => {
  pings = [];
  // The peer answers pings only when the test says so.
  server = await startWebSocketPeer({
    ws: { autoPong: false },
    onOpen: (socket) => void socket.on("ping", (data: Buffer) => void pings.push(data)),
  });
});
afterEach(() => server[Symbol.asyncDispose]());

async function connect() {
  const { session, closed } = await connectClient(
    createWebSocketTransport(networkOptions(server.url)),
  );
  return { session, closed, peer: await server.accept() };
}

async function sendTwo({ session, peer }: Awaited<ReturnType<typeof connect>>) {
  const arrived: string[] = [];
  const receipts: Promise<unknown>[] = [];
  for (const name of ["first", "second"]) {
    await session.send(bytes(1));
    receipts.push(
      session.received().then(
        () => arrived.push(name),
        () => arrived.push(`${name} unknown`),
      ),
    );
  }
  await expect.poll(() => pings.length).toBe(2);
  expect(peer.frames).toHaveLength(2);
  return { arrived, receipts };
}

describe("the receipt of a message over WebSocket", () => {
  it("comes when the peer has answered the ping behind it [L-09]", async () => {
    const ends = await connect();
    const { arrived } = await sendTwo(ends);
    expect(arrived).toEqual([]);
    ends.peer.socket.pong(pings[0]);
    await expect.poll(() => arrived).toEqual(["first"]);
    ends.peer.socket.pong(pings[1]);
    await expect.poll(() => arrived).toEqual(["first", "second"]);
    await ends.session.close();
  });

  it("comes also from a peer that answers the latest ping alone [L-09]", async () => {
    const ends = await connect();
    const { arrived } = await sendTwo(ends);
    ends.peer.socket.pong(pings[1]);
    await expect.poll(() => arrived).toEqual(["first", "second"]);
    await ends.session.close();
  });

  it("does not come from a pong that answers nothing [L-09]", async () => {
    const ends = await connect();
    const { arrived, receipts } = await sendTwo(ends);
    ends.peer.socket.pong();
    ends.peer.socket.pong("none of yours");
    ends.peer.socket.terminate();
    await Promise.all(receipts);
    expect(arrived).toEqual(["first unknown", "second unknown"]);
  });

  it("fails when the connection ends before, and after [L-08]", async () => {
    const ends = await connect();
    const { arrived, receipts } = await sendTwo(ends);
    ends.peer.socket.terminate();
    await Promise.all(receipts);
    expect(arrived).toEqual(["first unknown", "second unknown"]);
    await ends.closed;
    await expect(ends.session.received()).rejects.toMatchObject({ code: "connection-lost" });
  });

  it("comes with the answer to this end's close frame, which is behind all messages [L-09]", async () => {
    const ends = await connect();
    const { arrived, receipts } = await sendTwo(ends);
    await ends.session.close();
    await Promise.all(receipts);
    expect(arrived).toEqual(["first", "second"]);
  });
});
