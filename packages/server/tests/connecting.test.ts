import { once } from "node:events";
import { connect } from "node:net";
import {
  accept,
  type CloseReason,
  type ConnectDecision,
  type ConnectRequest,
  reject,
} from "@opamp/server";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent, refusalOf } from "./_util/raw-agent.ts";
import { createRecordingLogger } from "./_util/recording-logger.ts";
import { startServer } from "./_util/test-server.ts";

/** What comes back for a poll, byte for byte. */
async function rawAnswer(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const head = ["POST /v1/opamp HTTP/1.1", "Host: a", "Content-Type: application/x-protobuf"];
  socket.write([...head, "Content-Length: 0", "Connection: close", "", ""].join("\r\n"));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe("an agent that connects", () => {
  it.each([
    ["401", reject(401), 401, "Unauthorized"],
    ["403", reject(403, { body: "not you" }), 403, "not you"],
    ["429", reject(429), 429, "Too Many Requests"],
  ])(
    "is refused on both transports with %s and a reason [S-147 S-148 L-27]",
    async (_, decision, status, text) => {
      let connected = 0;
      await using running = await startServer({
        callbacks: {
          onConnecting: () => decision,
          onConnected: () => {
            connected += 1;
          },
        },
      });
      for (const response of [
        await refusalOf(running.wsUrl),
        await post(running.httpUrl, pollMessage().body),
      ]) {
        expect(response.status).toBe(status);
        expect(response.body.toString()).toBe(`${text}\n`);
      }
      expect(connected).toBe(0);
    },
  );

  it("is closed as soon as the application that hears of it says so", async () => {
    const reasons: CloseReason[] = [];
    await using running = await startServer({
      callbacks: {
        onConnected: (connection) => connection.disconnect(4000, "not now"),
        onConnectionClosed: (_, reason) => void reasons.push(reason),
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    expect(await agent.closed).toEqual({ code: 4000, reason: "not now" });
    await eventually(() => expect(reasons).toEqual([{ by: "server", code: 4000 }]));
    expect(running.server.connections.size).toBe(0);
  });

  it("is refused with the headers of the application in place of the defaults, in any case", async () => {
    const headers = { "content-type": "application/json", "content-length": "1" };
    await using running = await startServer({
      callbacks: { onConnecting: () => reject(401, { headers, body: "{}" }) },
    });
    const wire = await rawAnswer(running.port);
    expect(wire.match(/^content-type: .*$/gim)).toEqual(["content-type: application/json"]);
    expect(wire.match(/^content-length: .*$/gim)).toHaveLength(1);
    expect(wire).toMatch(/\r\n\r\n\{\}\n$/);
  });

  it("is sent away with 503 and Retry-After, on both transports [S-132]", async () => {
    await using running = await startServer({
      callbacks: { onConnecting: async () => reject(503, { headers: { "Retry-After": "30" } }) },
    });
    for (const response of [
      await refusalOf(running.wsUrl),
      await post(running.httpUrl, pollMessage().body),
    ]) {
      expect(response.status).toBe(503);
      expect(response.headers["retry-after"]).toBe("30");
    }
  });

  it.each([
    ["throws", () => Promise.reject(new Error("password=hunter2"))],
    ["decides nothing", () => undefined as never],
    ["refuses with a status that refuses nothing", () => reject(200)],
    [
      "gives a header that would split the answer",
      () => reject(401, { headers: { a: "b\r\nc: d" } }),
    ],
  ])("gets 500 without detail when onConnecting %s [L-07]", async (_, onConnecting) => {
    const logger = createRecordingLogger();
    await using running = await startServer({ logger, callbacks: { onConnecting } });
    for (const response of [
      await refusalOf(running.wsUrl),
      await post(running.httpUrl, pollMessage().body),
    ]) {
      expect(response.status).toBe(500);
      expect(response.body.toString()).not.toContain("hunter2");
    }
    expect(logger.lines.filter((line) => line.startsWith("error"))).toHaveLength(2);
  });

  it("is not let in without a decision, and the log says what to return", async () => {
    const logger = createRecordingLogger();
    const callbacks = { onConnecting: () => undefined as never };
    await using running = await startServer({ logger, callbacks });
    expect((await post(running.httpUrl, pollMessage().body)).status).toBe(500);
    expect(logger.lines).toContainEqual(expect.stringContaining("accept() or reject(status)"));
  });

  it("shows its headers, URL and address, before it is let in [S-147]", async () => {
    const requests: ConnectRequest[] = [];
    await using running = await startServer({
      callbacks: {
        onConnecting(request) {
          requests.push(request);
          return accept();
        },
      },
    });
    await using agent = await connectAgent(`${running.wsUrl}?site=7`, {
      headers: { authorization: "Bearer t" },
    });
    await agent.ask();
    await post(running.httpUrl, pollMessage().body, { headers: { authorization: "Bearer t" } });
    expect(requests.map(({ transport }) => transport)).toEqual(["websocket", "http"]);
    for (const request of requests) {
      expect(request.headers.authorization).toBe("Bearer t");
      expect(request).toMatchObject({ remoteAddress: "127.0.0.1", encrypted: false });
      expect(request).toMatchObject({ peerCertificate: undefined, peerAuthorized: false });
    }
    expect(requests[0]?.url).toBe("/v1/opamp?site=7");
    expect([...running.server.connections][0]?.request).toBe(requests[0]);
  });

  it("may be given callbacks of its own, instead of those of the server", async () => {
    const log: string[] = [];
    await using running = await startServer({
      callbacks: {
        onConnecting: () => accept({ onMessage: () => ({ flags: 2n }) }),
        onMessage: () => ({ flags: 1n }),
        onConnected: () => void log.push("server"),
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    expect((await agent.ask()).flags).toBe(2n);
    expect(log).toEqual([]);
  });

  it("is asked about once per WebSocket, and once per HTTP request", async () => {
    const asked: string[] = [];
    await using running = await startServer({
      callbacks: {
        onConnecting({ transport }) {
          asked.push(transport);
          return accept();
        },
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    for (let i = 0n; i < 3n; i += 1n) await agent.ask({ sequenceNum: i });
    for (let i = 0; i < 2; i += 1) await post(running.httpUrl, pollMessage().body);
    expect(asked).toEqual(["websocket", "http", "http"]);
  });

  it.each(["end", "destroy"] as const)(
    "leaves nothing when it goes away (%s) before it is let in",
    async (how) => {
      const asked = Promise.withResolvers<ConnectRequest>();
      const decision = Promise.withResolvers<ConnectDecision>();
      let connected = 0;
      await using running = await startServer({
        callbacks: {
          onConnecting(request) {
            asked.resolve(request);
            return decision.promise;
          },
          onConnected: () => {
            connected += 1;
          },
        },
      });
      const socket = connect(running.port, "127.0.0.1");
      const closed = once(socket.resume(), "close");
      socket.write(
        "GET /v1/opamp HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      const { signal } = await asked.promise;
      const aborted = once(signal, "abort");
      socket[how]();
      await aborted;
      decision.resolve(accept());
      await closed;
      expect(running.server.connections.size).toBe(0);
      expect(connected).toBe(0);
    },
  );

  it("keeps what it sent before it was let in", async () => {
    const decision = Promise.withResolvers<ConnectDecision>();
    await using running = await startServer({
      callbacks: { onConnecting: () => decision.promise },
    });
    const socket = connect(running.port, "127.0.0.1");
    socket.write(
      "GET /v1/opamp HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    // A masked ping with the payload "a".
    socket.write(Buffer.from([0x89, 0x81, 0, 0, 0, 0, 0x61]));
    await once(socket, "connect");
    setImmediate(() => decision.resolve(accept()));
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
    });
    await eventually(() => expect(received.subarray(-3)).toEqual(Buffer.from([0x8a, 1, 0x61])));
    socket.destroy();
  });

  it("is refused when its handshake is not that of WebSocket [W-67]", async () => {
    await using running = await startServer();
    for (const headers of [
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13",
      "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 7",
    ]) {
      const socket = connect(running.port, "127.0.0.1");
      socket.write(
        `GET /v1/opamp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${headers}\r\n\r\n`,
      );
      const [answer] = await once(socket, "data");
      expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
      socket.destroy();
    }
  });
});

it("answers who offers another upgrade as if it had not", async () => {
  await using running = await startServer();
  const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AA" };
  const response = await post(running.httpUrl, pollMessage().body, { headers });
  expect(response.status).toBe(looksAtUpgrades ? 200 : 400);
});

/** Node.js 24.9 and newer lets a server choose. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const looksAtUpgrades = major > 24 || (major === 24 && minor >= 9);

it("lets no query of a URL and no header reach a log line [L-33]", async () => {
  const logger = createRecordingLogger();
  await using running = await startServer({
    logger,
    callbacks: { onConnecting: () => reject(401) },
  });
  const headers = { authorization: "Bearer hunter2" };
  await refusalOf(`${running.wsUrl}?token=hunter2`);
  await post(`${running.httpUrl}?token=hunter2`, pollMessage().body, { headers });
  await post(`http://127.0.0.1:${running.port}/x?token=hunter2`, pollMessage().body, { headers });
  expect(logger.lines.join("\n")).not.toContain("hunter2");
});
