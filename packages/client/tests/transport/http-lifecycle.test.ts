import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpTransport } from "../../src/transport/http-transport.ts";
import { bytes, type ClientEnd, connectClient, failureOf } from "./_util/client-end.ts";
import { type HttpPeerServer, startHttpPeer } from "./_util/http-peer.ts";
import { type NetworkOverrides, networkOptions } from "./_util/network-options.ts";

let server: HttpPeerServer;
beforeEach(async () => {
  server = await startHttpPeer();
});
afterEach(() => server[Symbol.asyncDispose]());

const connect = (overrides: NetworkOverrides = {}): Promise<ClientEnd> =>
  connectClient(createHttpTransport(networkOptions(server.url, overrides)));

describe("connecting", () => {
  it("touches no network", async () => {
    const client = await connect();
    await client.session.close();
    expect(server.connections).toBe(0);
  });

  it("fails with the first message when nobody listens", async () => {
    await server[Symbol.asyncDispose]();
    const client = await connect();
    const sent = await failureOf(client.session.send(bytes(1)));
    expect(sent).toMatchObject({ code: "connect-failed", retryable: true });
    expect(await client.closed).toBe(sent);
  });

  it("fails with the first message when the headers function throws [L-07]", async () => {
    const client = await connect({ headers: () => Promise.reject(new Error("no token")) });
    const sent = await failureOf(client.session.send(bytes(1)));
    expect(sent).toMatchObject({ code: "callback-failed" });
    expect(await client.closed).toBe(sent);
    expect(server.connections).toBe(0);
  });
});

describe("deadlines", () => {
  it("end an exchange whose headers function never returns [L-07 L-19]", async () => {
    const clock = createFakeClock();
    const headers = () => new Promise<never>(() => {});
    const client = await connect({ clock, headers, timeouts: { connectMs: 300 } });
    const failed = failureOf(client.session.send(bytes(1)));
    await clock.advance(300);
    expect(await failed).toMatchObject({ code: "timeout" });
    expect(await client.closed).toMatchObject({ code: "timeout" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("end an exchange that gets no answer [L-19]", async () => {
    const clock = createFakeClock();
    const client = await connect({ clock, timeouts: { responseMs: 500 } });
    const failed = failureOf(client.session.send(bytes(1)));
    await server.accept();
    await clock.advance(500);
    expect(await failed).toMatchObject({ code: "timeout" });
    expect(clock.pendingTimers).toBe(0);
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it("end an exchange whose answer stops in the middle [L-19]", async () => {
    const clock = createFakeClock();
    const client = await connect({ clock, timeouts: { responseMs: 500 } });
    const failed = failureOf(client.session.send(bytes(1)));
    const { response } = await server.accept();
    response.writeHead(200, { "content-type": "application/x-protobuf" });
    response.write(bytes(1));
    await eventually(() => expect(response.writableNeedDrain).toBe(false));
    await clock.advance(500);
    expect(await failed).toMatchObject({ code: "timeout" });
    expect(client.messages).toEqual([]);
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it("end an exchange whose request cannot be written [L-08 L-19]", async () => {
    const clock = createFakeClock();
    let isTaking = false;
    server.server.removeAllListeners("request");
    server.server.on("request", (request) => {
      isTaking = true;
      request.pause();
    });
    const client = await connect({ clock, timeouts: { writeMs: 400 } });
    const sent = client.session.send(new Uint8Array(64 * 1024 * 1024));
    const failed = failureOf(sent);
    await eventually(() => expect(isTaking).toBe(true));
    await clock.advance(400);
    expect(await failed).toMatchObject({ code: "timeout" });
    expect(await client.closed).toMatchObject({ code: "timeout" });
  });

  it("leave a slow answer alone while its own has not come [L-19]", async () => {
    const clock = createFakeClock();
    const timeouts = { connectMs: 100, writeMs: 100, responseMs: 1000 };
    const client = await connect({ clock, timeouts });
    const sent = client.session.send(bytes(1));
    const exchange = await server.accept();
    await clock.advance(999);
    exchange.answer(bytes(7));
    await sent;
    expect(client.messages.map((message) => message[0])).toEqual([7]);
  });

  it("leave a session alone between its exchanges", async () => {
    server.onRequest((exchange) => exchange.answer(bytes()));
    const clock = createFakeClock();
    const client = await connect({ clock });
    await client.session.send(bytes(1));
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(3_600_000);
    await client.session.send(bytes(2));
    expect(client.closeCalls).toBe(0);
  });
});

describe("an answer that comes before the whole request was written", () => {
  const large = new Uint8Array(64 * 1024 * 1024);

  /** A server that answers at the first bytes, and reads no more until told. */
  async function answerEarly(answer: string): Promise<AsyncDisposable & EarlyServer> {
    const sockets: Socket[] = [];
    const early = createServer((socket) => {
      sockets.push(socket);
      socket.once("data", () => socket.pause().write(answer)).on("error", () => socket.destroy());
    });
    await once(early.listen(0, "127.0.0.1"), "listening");
    return {
      url: `http://127.0.0.1:${(early.address() as AddressInfo).port}/v1/opamp`,
      sockets,
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        await once(early.close(), "close");
      },
    };
  }

  it("ends the request: the rest of it is not sent [C-21]", async () => {
    await using early = await answerEarly("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n");
    const client = await connectClient(createHttpTransport(networkOptions(early.url)));
    await expect(client.session.send(large)).rejects.toMatchObject({ status: 413 });
    const [socket] = early.sockets;
    if (socket?.resume().closed === false) await once(socket, "close");
    expect(socket?.bytesRead).toBeLessThan(large.length);
    expect(client.closeCalls).toBe(0);
  });

  it("takes the deadline of the request with it when it redirects [L-04 L-19]", async () => {
    const redirect = `HTTP/1.1 307 Go\r\nLocation: ${server.url}\r\nContent-Length: 0\r\n\r\n`;
    await using early = await answerEarly(redirect);
    const clock = createFakeClock();
    const options = networkOptions(early.url, { clock, timeouts: { writeMs: 400 } });
    const client = await connectClient(createHttpTransport(options));
    const sent = client.session.send(large);
    const exchange = await server.accept();
    await clock.advance(1000);
    exchange.answer(bytes(7));
    await sent;
    expect(client.messages.map((message) => message[0])).toEqual([7]);
    const [socket] = early.sockets;
    if (socket?.resume().closed === false) await once(socket, "close");
    expect(socket?.bytesRead).toBeLessThan(large.length);
  });
});

interface EarlyServer {
  readonly url: string;
  readonly sockets: readonly Socket[];
}

describe("a broken connection", () => {
  it("is connection-lost once the request was written [L-08 C-221]", async () => {
    const client = await connect();
    const failed = failureOf(client.session.send(bytes(1)));
    (await server.accept()).response.destroy();
    expect(await failed).toMatchObject({ code: "connection-lost" });
  });

  it("is connection-lost in the middle of an answer", async () => {
    const client = await connect();
    const failed = failureOf(client.session.send(bytes(1)));
    const { response } = await server.accept();
    response.writeHead(200, {
      "content-type": "application/x-protobuf",
      "content-length": "100",
    });
    response.write(bytes(1));
    await eventually(() => expect(response.socket?.bytesWritten).toBeGreaterThan(0));
    response.destroy();
    expect(await failed).toMatchObject({ code: "connection-lost" });
    expect(client.messages).toEqual([]);
  });
});

describe("closing", () => {
  it("waits for the exchange under way, and takes its answer", async () => {
    const client = await connect();
    const sent = client.session.send(bytes(1));
    const exchange = await server.accept();
    const closing = client.session.close();
    exchange.answer(bytes(9));
    await Promise.all([sent, closing]);
    expect(client.messages.map((message) => message[0])).toEqual([9]);
    expect(await client.closed).toBeUndefined();
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it("cuts the exchange under way when the signal fires [L-21]", async () => {
    const client = await connect();
    const failed = failureOf(client.session.send(bytes(1)));
    await server.accept();
    const controller = new AbortController();
    const closing = client.session.close(1000, controller.signal);
    controller.abort();
    await closing;
    expect(await failed).toMatchObject({ code: "aborted" });
    expect(await client.closed).toBeUndefined();
    await eventually(() => expect(server.openConnections).toBe(0));
  });
});
