import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWebSocketTransport } from "../../src/transport/websocket-transport.ts";
import { bytes, connectClient, failureOf } from "./_util/client-end.ts";
import { networkOptions } from "./_util/network-options.ts";
import { type RawServer, startRawServer } from "./_util/raw-server.ts";
import { startWebSocketPeer, type WebSocketPeerServer } from "./_util/websocket-peer.ts";

let server: WebSocketPeerServer;
beforeEach(async () => {
  server = await startWebSocketPeer();
});
afterEach(() => server[Symbol.asyncDispose]());

describe("connecting", () => {
  it("sends the headers of the user, asked afresh for each attempt [L-20]", async () => {
    let attempt = 0;
    const headers = () => ({ authorization: `Bearer ${++attempt}`, "x-many": ["a", "b"] });
    const transport = createWebSocketTransport(networkOptions(server.url, { headers }));
    for (const expected of ["Bearer 1", "Bearer 2"]) {
      await connectClient(transport);
      const { request } = await server.accept();
      expect(request.headers).toMatchObject({ authorization: expected, "x-many": "a, b" });
      expect(request.headers["user-agent"]).toMatch(/^opamp-ts\//);
    }
  });

  it("rejects with callback-failed, and asks no server, when the headers function throws [L-07]", async () => {
    const headers = () => Promise.reject(new Error("token store is locked"));
    const transport = createWebSocketTransport(networkOptions(server.url, { headers }));
    await expect(connectClient(transport)).rejects.toMatchObject({ code: "callback-failed" });
    expect(server.connections).toBe(0);
  });

  it("rejects with connect-failed when nobody listens", async () => {
    const { url } = server;
    await server[Symbol.asyncDispose]();
    await expect(
      connectClient(createWebSocketTransport(networkOptions(url))),
    ).rejects.toMatchObject({ code: "connect-failed", retryable: true });
  });

  it.each([
    ["the headers function", () => new Promise<never>(() => {}), 0],
    ["the server", {}, 1],
  ])(
    "gives up on %s after the connect deadline [L-07 L-19]",
    async (_what, headers, connections) => {
      const clock = createFakeClock();
      const url = `${server.origin("ws")}/silent`;
      const options = networkOptions(url, { clock, headers, timeouts: { connectMs: 700 } });
      const failed = failureOf(connectClient(createWebSocketTransport(options)));
      await eventually(() => expect(server.openConnections).toBe(connections));
      await clock.advance(700);
      expect(await failed).toMatchObject({ code: "timeout" });
      expect(clock.pendingTimers).toBe(0);
      await eventually(() => expect(server.openConnections).toBe(0));
    },
  );

  it("stops connecting when the signal fires, and leaves no connection [L-21]", async () => {
    const controller = new AbortController();
    const transport = createWebSocketTransport(networkOptions(`${server.origin("ws")}/silent`));
    const connecting = connectClient(transport, { signal: controller.signal });
    const failed = failureOf(connecting);
    await eventually(() => expect(server.openConnections).toBe(1));
    controller.abort();
    expect(await failed).toMatchObject({ code: "aborted" });
    await eventually(() => expect(server.openConnections).toBe(0));
  });
});

describe("a refused handshake", () => {
  let refusing: RawServer;
  let answer: { status: number; headers: Record<string, string>; body: string };
  beforeEach(async () => {
    refusing = await startRawServer();
    refusing.server.on("request", (_request, response) => {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  afterEach(() => refusing[Symbol.asyncDispose]());
  const attempt = () =>
    connectClient(createWebSocketTransport(networkOptions(`${refusing.origin("ws")}/?t=secret`)));

  it.each([
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "unexpected-response"],
    [500, "unexpected-response"],
    [200, "unexpected-response"],
    [413, "unexpected-response"],
  ])("with status %i is %s [L-20]", async (status, code) => {
    answer = { status, headers: { "content-type": "text/plain" }, body: "because\nof reasons" };
    await expect(attempt()).rejects.toMatchObject({
      code,
      status,
      message: `the server answered with status ${status}: because of reasons`,
    });
    await eventually(() => expect(refusing.openConnections).toBe(0));
  });

  it.each([429, 503])(
    "with status %i is throttled, with the time of Retry-After [L-18 C-229]",
    async (status) => {
      answer = { status, headers: { "retry-after": "7" }, body: "" };
      await expect(attempt()).rejects.toMatchObject({
        code: "throttled",
        status,
        retryAfterMs: 7000,
      });
      answer = { status, headers: {}, body: "" };
      await expect(attempt()).rejects.toMatchObject({ code: "throttled", retryAfterMs: undefined });
    },
  );

  it("shows a bounded piece of a text body, and nothing of another", async () => {
    answer = { status: 500, headers: { "content-type": "text/html" }, body: "x".repeat(1e6) };
    const shown: unknown = await failureOf(attempt());
    expect(String(shown).length).toBeLessThan(400);
    answer = { status: 500, headers: { "content-type": "image/png" }, body: "binary" };
    await expect(attempt()).rejects.toMatchObject({
      message: "the server answered with status 500",
    });
  });
});

describe("sending", () => {
  it("rejects with timeout, and ends, when the peer takes no bytes in time [L-08 L-19]", async () => {
    const clock = createFakeClock();
    const options = networkOptions(server.url, { clock, timeouts: { writeMs: 300 } });
    const client = await connectClient(createWebSocketTransport(options));
    const peer = await server.accept();
    peer.socket.pause();
    const sent = client.session.send(new Uint8Array(64 * 1024 * 1024));
    const failed = failureOf(sent);
    await clock.advance(300);
    expect(await failed).toMatchObject({ code: "timeout" });
    expect(await client.closed).toMatchObject({ code: "timeout" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("rejects with connection-lost when the peer resets while a message is written [L-08]", async () => {
    const client = await connectClient(createWebSocketTransport(networkOptions(server.url)));
    const peer = await server.accept();
    peer.socket.pause();
    const sent = client.session.send(new Uint8Array(64 * 1024 * 1024));
    const failed = failureOf(sent);
    server.cutAll();
    expect(await failed).toMatchObject({ code: "connection-lost" });
    expect(await client.closed).toMatchObject({ code: "connection-lost" });
  });
});

describe("closing", () => {
  it("shakes hands with code 1000 after what was sent before [C-236]", async () => {
    const client = await connectClient(createWebSocketTransport(networkOptions(server.url)));
    const peer = await server.accept();
    const sent = client.session.send(bytes(1));
    await client.session.close();
    await sent;
    expect(await peer.closed).toBe(1000);
    expect(peer.frames).toHaveLength(1);
  });

  it("names the code and the reason when the server closes", async () => {
    const client = await connectClient(createWebSocketTransport(networkOptions(server.url)));
    (await server.accept()).socket.close(1013, "too busy");
    expect(await client.closed).toMatchObject({
      code: "connection-lost",
      message: "the server closed the session with code 1013: too busy",
    });
  });

  it.each([
    ["after the close deadline", "deadline"],
    ["when the signal of close fires", "signal"],
  ])("cuts a server that does not answer the close, %s [L-21]", async (_when, by) => {
    await using stubborn = await startStubbornServer();
    const clock = createFakeClock();
    const options = networkOptions(stubborn.url, { clock, timeouts: { closeMs: 60_000 } });
    const client = await connectClient(createWebSocketTransport(options));
    const controller = new AbortController();
    const closing = client.session.close(1000, controller.signal);
    await eventually(() => expect(stubborn.sawClose()).toBe(true));
    if (by === "deadline") await clock.advance(60_000);
    else controller.abort();
    await closing;
    expect(await client.closed).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

/** Answers the opening handshake and nothing else. */
async function startStubbornServer(): Promise<
  AsyncDisposable & { readonly url: string; sawClose(): boolean }
> {
  const { createHash } = await import("node:crypto");
  const sockets = new Set<Socket>();
  let sawClose = false;
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", (head) => {
      const key = /sec-websocket-key: (.*)\r\n/i.exec(head.toString())?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${accept.digest("base64")}\r\n\r\n`,
      );
      socket.on("data", (frame) => {
        sawClose ||= (Number(frame[0]) & 0x0f) === 8;
      });
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const { port } = tcp.address() as AddressInfo;
  return {
    url: `ws://localhost:${port}/v1/opamp`,
    sawClose: () => sawClose,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
}
