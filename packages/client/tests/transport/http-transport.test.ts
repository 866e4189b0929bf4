import { gunzipSync, gzipSync } from "node:zlib";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpTransport } from "../../src/transport/http-transport.ts";
import { bytes, type ClientEnd, connectClient, failureOf } from "./_util/client-end.ts";
import { type AnswerOptions, type HttpPeerServer, startHttpPeer } from "./_util/http-peer.ts";
import { type NetworkOverrides, networkOptions } from "./_util/network-options.ts";

let server: HttpPeerServer;
beforeEach(async () => {
  server = await startHttpPeer();
});
afterEach(() => server[Symbol.asyncDispose]());

const connect = (overrides: NetworkOverrides = {}): Promise<ClientEnd> =>
  connectClient(createHttpTransport(networkOptions(server.url, overrides)));

const answerAll = (body: Uint8Array, options?: AnswerOptions): void =>
  server.onRequest((exchange) => exchange.answer(body, options));

describe("a request", () => {
  it("is a POST of the bare message with the headers of the protocol [W-18 C-17 C-18 C-31]", async () => {
    answerAll(bytes());
    const client = await connect();
    await client.session.send(bytes(8, 9));
    const { request, body } = await server.accept();
    expect(request.method).toBe("POST");
    expect(request.url).toBe("/v1/opamp");
    expect([...body]).toEqual([8, 9]);
    expect(request.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "content-length": "2",
      "opamp-instance-uid": "00000000-0000-7000-8000-000000000000",
      "accept-encoding": "gzip",
      "user-agent": expect.stringMatching(/^opamp-ts\//),
    });
    expect(request.headers["content-encoding"]).toBeUndefined();
  });

  it("names the instance uid and the user's headers of its moment [C-19 L-20]", async () => {
    answerAll(bytes());
    let instanceUid = "first";
    const headers = () => ({ authorization: `Bearer for ${instanceUid}` });
    const transport = createHttpTransport(networkOptions(server.url, { headers }));
    const client = await connectClient(transport, { instanceUid: () => instanceUid });
    await client.session.send(bytes(1));
    instanceUid = "second";
    await client.session.send(bytes(2));
    for (const uid of ["first", "second"]) {
      expect((await server.accept()).request.headers).toMatchObject({
        "opamp-instance-uid": uid,
        authorization: `Bearer for ${uid}`,
      });
    }
  });

  it("is compressed with gzip when asked for [C-29 C-30]", async () => {
    answerAll(bytes());
    const message = new Uint8Array(5000).fill(7);
    const client = await connect({ compression: true });
    await client.session.send(message);
    const { request, body } = await server.accept();
    expect(request.headers["content-encoding"]).toBe("gzip");
    expect(body.length).toBeLessThan(200);
    expect(new Uint8Array(gunzipSync(body))).toEqual(message);
  });

  it("uses the connection of the one before [W-20]", async () => {
    answerAll(bytes());
    const client = await connect();
    for (const value of [1, 2, 3]) await client.session.send(bytes(value));
    expect(server.connections).toBe(1);
    await client.session.close();
    await eventually(() => expect(server.openConnections).toBe(0));
  });
});

describe("an answer", () => {
  it("may be compressed, and its content type may have parameters [C-31]", async () => {
    answerAll(gzipSync(bytes(4, 5)), {
      headers: { "content-encoding": "gzip", "content-type": "Application/X-Protobuf; a=b" },
    });
    const client = await connect();
    await client.session.send(bytes(1));
    expect([...(client.messages[0] ?? [])]).toEqual([4, 5]);
  });

  it.each([
    ["a content type of its own", { "content-type": "text/html" }, "unexpected-response"],
    ["an unknown content encoding", { "content-encoding": "br" }, "unexpected-response"],
    ["gzip that is none", { "content-encoding": "gzip" }, "malformed-message"],
  ])("with %s fails the exchange and ends the session [L-03]", async (_what, headers, code) => {
    answerAll(bytes(1, 2, 3), { headers });
    const client = await connect();
    const sent = await failureOf(client.session.send(bytes(1)));
    expect(sent).toMatchObject({ code });
    expect(await client.closed).toBe(sent);
    expect(client.messages).toEqual([]);
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it("without a content type fails the exchange [L-03]", async () => {
    server.onRequest(({ response }) => response.writeHead(200).end());
    const client = await connect();
    await expect(client.session.send(bytes(1))).rejects.toMatchObject({
      code: "unexpected-response",
    });
  });

  it.each([
    ["plain", new Uint8Array(2000), {}],
    ["compressed", gzipSync(new Uint8Array(2000)), { "content-encoding": "gzip" }],
  ])(
    "that is %s and exceeds the limit is refused [C-22 C-23 C-24]",
    async (_how, body, headers) => {
      answerAll(body, { headers });
      const client = await connect({ limits: { maxReceiveBytes: 1999 } });
      const sent = await failureOf(client.session.send(bytes(1)));
      expect(sent).toMatchObject({ code: "message-too-large", status: undefined });
      expect(await client.closed).toBe(sent);
      expect(client.messages).toEqual([]);
    },
  );

  it.each([
    ["plain", new Uint8Array(2000), {}],
    ["compressed", gzipSync(new Uint8Array(2000)), { "content-encoding": "gzip" }],
  ])("that is %s and reaches the limit is taken", async (_how, body, headers) => {
    answerAll(body, { headers });
    const client = await connect({ limits: { maxReceiveBytes: 2000 } });
    await client.session.send(bytes(1));
    expect(client.messages[0]).toHaveLength(2000);
  });

  it("that is a gzip bomb is read no further than the limit [L-02 C-22]", async () => {
    const bomb = gzipSync(new Uint8Array(256 * 1024 * 1024));
    answerAll(bomb, { headers: { "content-encoding": "gzip" } });
    const client = await connect();
    const before = process.memoryUsage().arrayBuffers;
    await expect(client.session.send(bytes(1))).rejects.toMatchObject({
      code: "message-too-large",
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
  });

  it("that never ends is cut at the limit [L-02 C-22]", async () => {
    server.onRequest(({ response }) => {
      response.writeHead(200, { "content-type": "application/x-protobuf" });
      const more = (): void => {
        while (!response.destroyed && response.write(new Uint8Array(65_536)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const client = await connect();
    await expect(client.session.send(bytes(1))).rejects.toMatchObject({
      code: "message-too-large",
    });
    await eventually(() => expect(server.openConnections).toBe(0));
  });
});

describe("a refusal", () => {
  it.each([
    [400, "unexpected-response"],
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "unexpected-response"],
    [429, "throttled"],
    [500, "unexpected-response"],
    [503, "throttled"],
    [204, "unexpected-response"],
  ])(
    "with status %i is %s, and ends the session without a leak [L-18 L-20]",
    async (status, code) => {
      server.onRequest((exchange) =>
        exchange.answer(new TextEncoder().encode("no\r\nway"), {
          status,
          headers: { "content-type": "text/plain", "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" },
        }),
      );
      const clock = createFakeClock(Date.UTC(2026, 0, 1));
      const client = await connect({ clock });
      const sent = await failureOf(client.session.send(bytes(1)));
      const retryAfterMs = code === "throttled" ? 9000 : undefined;
      expect(sent).toMatchObject({ code, status, retryAfterMs });
      expect(await client.closed).toBe(sent);
      expect(clock.pendingTimers).toBe(0);
      await eventually(() => expect(server.openConnections).toBe(0));
    },
  );

  it("with an endless body is an error with a bounded message", async () => {
    server.onRequest(({ response }) => {
      response.writeHead(400, { "content-type": "text/plain" });
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const client = await connect();
    const sent: unknown = await failureOf(client.session.send(bytes(1)));
    expect(sent).toMatchObject({ code: "unexpected-response", status: 400 });
    expect(String(sent).length).toBeLessThan(400);
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it("with status 413 rejects the message and keeps the session [C-21]", async () => {
    const client = await connect();
    server.onRequest((exchange) => exchange.answer(bytes(), { status: 413 }));
    await expect(client.session.send(bytes(1))).rejects.toMatchObject({
      code: "message-too-large",
      retryable: false,
      status: 413,
    });
    answerAll(bytes(6));
    await client.session.send(bytes(2));
    expect(client.messages.map((message) => message[0])).toEqual([6]);
    expect(server.exchanges.map(({ body }) => body[0])).toEqual([1, 2]);
    expect(client.closeCalls).toBe(0);
  });
});
