import { encodeFrame } from "@opamp/protocol";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWebSocketTransport } from "../../src/transport/websocket-transport.ts";
import { bytes, type ClientEnd, connectClient } from "./_util/client-end.ts";
import { type NetworkOverrides, networkOptions } from "./_util/network-options.ts";
import {
  startWebSocketPeer,
  type WebSocketPeer,
  type WebSocketPeerServer,
} from "./_util/websocket-peer.ts";

let server: WebSocketPeerServer;
beforeEach(async () => {
  server = await startWebSocketPeer();
});
afterEach(() => server[Symbol.asyncDispose]());

async function connectPair(
  overrides: NetworkOverrides = {},
): Promise<{ readonly client: ClientEnd; readonly peer: WebSocketPeer }> {
  const client = await connectClient(
    createWebSocketTransport(networkOptions(server.url, overrides)),
  );
  return { client, peer: await server.accept() };
}

describe("frames", () => {
  it("puts the header of one zero byte before each message, in a binary frame [W-03 W-04 W-09]", async () => {
    const { client, peer } = await connectPair();
    await client.session.send(bytes(8, 9));
    await client.session.send(bytes());
    await eventually(() =>
      expect(peer.frames.map((frame) => [...frame])).toEqual([[0, 8, 9], [0]]),
    );
  });

  it("takes a header in more bytes than it needs, and a message of no bytes [W-11 W-13]", async () => {
    const { client, peer } = await connectPair();
    peer.socket.send(bytes(0x80, 0x00, 7));
    peer.socket.send(bytes(0));
    await eventually(() => expect(client.messages.map((one) => [...one])).toEqual([[7], []]));
  });

  it("hears several messages of the server without having spoken [W-05 W-06]", async () => {
    const { client, peer } = await connectPair();
    for (const value of [1, 2, 3]) peer.socket.send(encodeFrame(bytes(value)));
    await eventually(() => expect(client.messages.map((one) => one[0])).toEqual([1, 2, 3]));
  });

  it("hears a message that came together with the answer to the handshake", async () => {
    await using greeting = await startWebSocketPeer({
      onOpen: (socket) => socket.send(encodeFrame(bytes(5))),
    });
    const client = await connectClient(createWebSocketTransport(networkOptions(greeting.url)));
    await eventually(() => expect(client.messages[0]?.[0]).toBe(5));
  });

  it("fails the session for a text frame, with close code 1003 [W-03 L-03]", async () => {
    const { client, peer } = await connectPair();
    peer.socket.send("\0text");
    expect(await client.closed).toMatchObject({ code: "malformed-message" });
    expect(await peer.closed).toBe(1003);
    expect(client.messages).toEqual([]);
  });

  it.each([
    ["a header other than zero", [1, 8, 9]],
    ["an unterminated header", [0x80]],
    ["no header", []],
  ])("fails the session for %s, with close code 1002 [W-10 W-14 L-03]", async (_what, frame) => {
    const { client, peer } = await connectPair();
    peer.socket.send(bytes(...frame));
    peer.socket.send(bytes(0, 1));
    expect(await client.closed).toMatchObject({ code: "malformed-message" });
    expect(await peer.closed).toBe(1002);
    expect(client.messages).toEqual([]);
  });
});

describe("limits", () => {
  it("closes with 1009 when a message exceeds the limit [C-05 C-06 C-07]", async () => {
    const { client, peer } = await connectPair({ limits: { maxReceiveBytes: 100 } });
    peer.socket.send(encodeFrame(new Uint8Array(99)));
    peer.socket.send(encodeFrame(new Uint8Array(100)));
    expect(await client.closed).toMatchObject({ code: "message-too-large" });
    expect(await peer.closed).toBe(1009);
    expect(client.messages.map((message) => message.length)).toEqual([99]);
  });

  it("inflates no more of a deflate bomb than the limit allows [L-02 C-05 C-07]", async () => {
    await using deflating = await startWebSocketPeer({ ws: { perMessageDeflate: true } });
    const options = networkOptions(deflating.url, { compression: true });
    const client = await connectClient(createWebSocketTransport(options));
    const peer = await deflating.accept();
    const bomb = new Uint8Array(256 * 1024 * 1024);
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    peer.socket.send(bomb);
    expect(await client.closed).toMatchObject({ code: "message-too-large" });
    const after = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    expect(await peer.closed).toBe(1009);
    expect(after - before).toBeLessThan(32 * 1024 * 1024);
    expect(client.messages).toEqual([]);
  });
});

describe("compression", () => {
  it("is neither offered nor used unless asked for [W-22]", async () => {
    const { peer } = await connectPair();
    expect(peer.request.headers["sec-websocket-extensions"]).toBeUndefined();
  });

  it("offers permessage-deflate without context takeover in both directions [W-22]", async () => {
    const { peer } = await connectPair({ compression: true });
    const offer = peer.request.headers["sec-websocket-extensions"];
    expect(offer).toContain("permessage-deflate");
    expect(offer).toContain("client_no_context_takeover");
    expect(offer).toContain("server_no_context_takeover");
  });

  it.each([
    [true, true],
    [false, false],
  ])("shrinks large messages both ways when %s", async (compression, shrinks) => {
    await using deflating = await startWebSocketPeer({ ws: { perMessageDeflate: true } });
    const sockets: import("node:net").Socket[] = [];
    deflating.server.on("connection", (socket) => sockets.push(socket));
    const options = networkOptions(deflating.url, { compression });
    const client = await connectClient(createWebSocketTransport(options));
    const peer = await deflating.accept();
    const message = new TextEncoder().encode("receivers: [otlp]\n".repeat(2500));
    await client.session.send(message);
    peer.socket.send(encodeFrame(message));
    await eventually(() => expect(client.messages).toHaveLength(1));
    await eventually(() => expect(peer.frames[0]?.subarray(1)).toEqual(Buffer.from(message)));
    const { bytesRead, bytesWritten } = sockets[0] ?? { bytesRead: 0, bytesWritten: 0 };
    expect(bytesRead < message.length / 4).toBe(shrinks);
    expect(bytesWritten < message.length / 4).toBe(shrinks);
  });

  it("leaves messages below 1 KiB as they are", async () => {
    await using deflating = await startWebSocketPeer({ ws: { perMessageDeflate: true } });
    const raw: Buffer[] = [];
    deflating.server.on("upgrade", (_request, socket) => {
      socket.on("data", (chunk: Buffer) => raw.push(chunk));
    });
    const options = networkOptions(deflating.url, { compression: true });
    const client = await connectClient(createWebSocketTransport(options));
    await client.session.send(new Uint8Array(1000));
    await eventually(() => expect(Buffer.concat(raw).length).toBeGreaterThan(1000));
    const firstByte = Buffer.concat(raw)[0] ?? 0;
    expect(firstByte & 0x40).toBe(0);
  });
});

describe("pings", () => {
  const timeouts = { pingIntervalMs: 1000, pongMs: 500 };

  it("goes on while pings are answered", async () => {
    const clock = createFakeClock();
    const { client, peer } = await connectPair({ clock, timeouts });
    let pings = 0;
    peer.socket.on("ping", () => {
      pings += 1;
    });
    for (let round = 1; round <= 3; round += 1) {
      await clock.advance(1000);
      await eventually(() => expect(pings).toBe(round));
      await eventually(() => expect(clock.pendingTimers).toBe(1));
    }
    await client.session.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("ends with timeout when a ping is not answered in time [L-19]", async () => {
    await using mute = await startWebSocketPeer({ ws: { autoPong: false } });
    const clock = createFakeClock();
    const options = networkOptions(mute.url, { clock, timeouts });
    const client = await connectClient(createWebSocketTransport(options));
    await clock.advance(1000);
    await clock.advance(499);
    expect(client.closeCalls).toBe(0);
    await clock.advance(1);
    expect(await client.closed).toMatchObject({ code: "timeout" });
    expect(clock.pendingTimers).toBe(0);
    await eventually(() => expect(mute.openConnections).toBe(0));
  });

  it("sends none when the interval is 0", async () => {
    const clock = createFakeClock();
    await connectPair({ clock, timeouts: { pingIntervalMs: 0 } });
    expect(clock.pendingTimers).toBe(0);
  });
});
