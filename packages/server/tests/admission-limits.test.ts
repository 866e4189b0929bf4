import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  type ConnectCheck,
  type ConnectRequest,
  limitFailedAuthentication,
  requireBearer,
} from "@opamp/server";
import { createCertificateAuthority, createFakeClock, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";
import { upgrade } from "./_util/upgrade.ts";

const tokens = ["right"];
const right = { headers: { authorization: "Bearer right" } };
const wrong = { headers: { authorization: "Bearer wrong" } };

describe("an address that fails too often", () => {
  it("is sent away with 429 and Retry-After until its window is over, on both transports", async () => {
    const clock = createFakeClock();
    let verified = 0;
    const verify = (token: string): boolean => {
      verified += 1;
      return tokens.includes(token);
    };
    const onConnecting = limitFailedAuthentication(requireBearer({ verify }), {
      maxPerAddress: 2,
      windowMs: 10_000,
      clock,
    });
    await using server = await startServer({ callbacks: { onConnecting } });
    const { body } = pollMessage();
    expect((await post(server.httpUrl, body, right)).status).toBe(200);
    expect((await post(server.httpUrl, body, wrong)).status).toBe(401);
    await clock.advance(4_500);
    expect((await upgrade(server.wsUrl, wrong)).status).toBe(401);
    verified = 0;
    for (const answer of [
      await upgrade(server.wsUrl, right),
      await post(server.httpUrl, body, wrong),
    ]) {
      expect(answer.status).toBe(429);
      expect(answer.headers["retry-after"]).toBe("6");
    }
    expect(verified).toBe(0);
    await clock.advance(5_500);
    expect((await upgrade(server.wsUrl, right)).status).toBe(101);
  });

  it("has no more guesses looked at when it makes them all at once", async () => {
    const verified: string[] = [];
    const decision = Promise.withResolvers<void>();
    const verify = async (token: string): Promise<boolean> => {
      verified.push(token);
      await decision.promise;
      return tokens.includes(token);
    };
    const onConnecting = limitFailedAuthentication(requireBearer({ verify }), { maxPerAddress: 3 });
    await using server = await startServer({ callbacks: { onConnecting } });
    const answers = Array.from({ length: 12 }, () => upgrade(server.wsUrl, wrong));
    await eventually(() => expect(server.server.stats().websocket.handshakes).toBe(12));
    expect(verified).toHaveLength(3);
    decision.resolve();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(9);
    expect(verified).toHaveLength(3);
  });

  it("has others looked at when checks of it take so long that the server has refused their agents", async () => {
    const clock = createFakeClock();
    const check = (verify: () => Promise<boolean>): ConnectCheck => requireBearer({ verify });
    const hung = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()] as const;
    const verdicts = [...hung.map(({ promise }) => promise), Promise.resolve(true)];
    const limited = limitFailedAuthentication(
      check(() => verdicts.shift() ?? Promise.resolve(false)),
      { maxPerAddress: 2, windowMs: 3_600_000, clock },
    );
    const request = { ...right, remoteAddress: "192.0.2.1" } as unknown as ConnectRequest;
    const late = [limited(request), limited(request)];
    await clock.advance(30_000);
    expect(await limited(request)).toMatchObject({ accept: true });
    for (const { resolve } of hung) resolve(false);
    for (const decision of late) expect(await decision).toMatchObject({ status: 401 });
    expect(await limited(request)).toMatchObject({ status: 429 });
  });

  it("has all of its good agents let in that come at once", async () => {
    const verify = async (token: string): Promise<boolean> => tokens.includes(token);
    for (const maxPerAddress of [1, 3]) {
      const onConnecting = limitFailedAuthentication(requireBearer({ verify }), { maxPerAddress });
      await using server = await startServer({ callbacks: { onConnecting } });
      const answers = Array.from({ length: 12 }, () => upgrade(server.wsUrl, right));
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(statuses).toEqual(Array.from({ length: 12 }, () => 101));
    }
  });

  it("is known by what a proxy vouches for, and many of them are kept in bounded memory", async () => {
    const onConnecting = limitFailedAuthentication(requireBearer({ tokens }), {
      maxPerAddress: 1,
      maxAddresses: 2,
      addressOf: ({ headers }) => headers["x-real-ip"]?.toString(),
    });
    await using server = await startServer({ callbacks: { onConnecting } });
    const status = async (address: string): Promise<number> => {
      const headers = { ...wrong.headers, "x-real-ip": address };
      return (await post(server.httpUrl, pollMessage().body, { headers })).status;
    };
    expect([await status("a"), await status("a"), await status("b")]).toEqual([401, 429, 401]);
    expect([await status("c"), await status("b"), await status("a")]).toEqual([401, 429, 401]);
    expect((await post(server.httpUrl, pollMessage().body, wrong)).status).toBe(401);
    expect((await post(server.httpUrl, pollMessage().body, wrong)).status).toBe(401);
  });
});

describe("a page in a browser", () => {
  it("may connect from the host that it asks, from nowhere else, and agents need no origin", async () => {
    await using server = await startServer();
    const own = `http://127.0.0.1:${server.port}`;
    expect((await upgrade(server.wsUrl)).status).toBe(101);
    expect((await upgrade(server.wsUrl, { origin: own })).status).toBe(101);
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1", "nonsense"]) {
      expect((await upgrade(server.wsUrl, { origin })).status).toBe(403);
      const poll = await post(server.httpUrl, pollMessage().body, { headers: { origin } });
      expect(poll.status).toBe(403);
    }
  });

  it("may connect from the origins that are listed, or from any", async () => {
    await using server = await startServer({ allowedOrigins: ["https://ui.example"] });
    expect((await upgrade(server.wsUrl, { origin: "https://ui.example" })).status).toBe(101);
    const own = `http://127.0.0.1:${server.port}`;
    expect((await upgrade(server.wsUrl, { origin: own })).status).toBe(403);
    await using open = await startServer({ allowedOrigins: "any" });
    expect((await upgrade(open.wsUrl, { origin: "null" })).status).toBe(101);
  });

  it.each(["https://ui.example/", "ui.example", "*"])(
    "cannot be let in by what is no origin: %j",
    async (origin) => {
      await expect(startServer({ allowedOrigins: [origin] })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    },
  );
});

/** What a server says to bytes, and nothing more, until it hangs up. */
async function answerTo(socket: Socket, bytes: string): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
  socket.write(bytes);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

describe("the port that listen opens", () => {
  it("cuts whoever does not send a whole head in time, and no WebSocket", async () => {
    await using server = await startServer({ timeouts: { headersMs: 1_500 } });
    await using agent = await connectAgent(server.wsUrl);
    const late = connect(server.port, "127.0.0.1");
    const silent = connect(server.port, "127.0.0.1");
    const cut = once(silent, "close");
    expect(await answerTo(late, "GET /v1/opamp HTTP/1.1\r\nHost: a\r\n")).toMatch(
      /^HTTP\/1.1 408 /,
    );
    silent.resume();
    await cut;
    await agent.ask();
    await eventually(() => expect(server.server.connections.size).toBe(1));
  });

  it("cuts whoever begins no TLS handshake in time", async () => {
    const authority = await createCertificateAuthority();
    const tls = await authority.issueServer();
    await using server = await startServer({ timeouts: { headersMs: 1_500 } }, { tls });
    await using agent = await connectAgent(server.wsUrl, { ca: authority.cert });
    expect(await answerTo(connect(server.port, "127.0.0.1"), "")).toBe("");
    await agent.ask();
  });

  it("answers what is no HTTP with 400", async () => {
    await using server = await startServer();
    expect(await answerTo(connect(server.port, "127.0.0.1"), "no request\r\n\r\n")).toMatch(
      /^HTTP\/1.1 400 Bad Request\r\n/,
    );
  });

  it("answers a head above the limit with 431", async () => {
    await using server = await startServer({ limits: { maxHeaderBytes: 2_000 } });
    const headers = { "x-padding": "x".repeat(1_500) };
    expect((await post(server.httpUrl, pollMessage().body, { headers })).status).toBe(200);
    const flood = `GET / HTTP/1.1\r\nHost: a\r\nx: ${"y".repeat(2_000)}\r\n\r\n`;
    expect(await answerTo(connect(server.port, "127.0.0.1"), flood)).toMatch(/^HTTP\/1.1 431 /);
  });
});
