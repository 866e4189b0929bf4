import { deflateRawSync, gzipSync } from "node:zlib";
import { encodeAgentToServer, encodeFrame, ServerErrorResponseType } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { messageOf, pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";
import { createRecordingLogger } from "./_util/recording-logger.ts";
import { startServer } from "./_util/test-server.ts";

const MiB = 1024 * 1024;

/** A message with so many bytes of configuration. */
function bigMessage(instanceUid: Uint8Array, bytes: number): Uint8Array {
  const configMap = { big: { body: new Uint8Array(bytes) } };
  return encodeAgentToServer({ instanceUid, effectiveConfig: { configMap: { configMap } } });
}

/** How much memory grew while something ran, in bytes. */
async function growthDuring(run: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  await run();
  clearInterval(timer);
  return Math.max(peak, process.memoryUsage().rss) - before;
}

describe("a received message above the limit", () => {
  it("closes the WebSocket with 1009, is reported and never delivered [S-03 S-04 S-05 W-17]", async () => {
    const log: string[] = [];
    const ended = Promise.withResolvers<void>();
    await using running = await startServer({
      limits: { maxReceiveBytes: 1024 },
      callbacks: {
        onMessage: () => void log.push("delivered"),
        onReadMessageError: (_, { code }) => log.push(code),
        onConnectionClosed: (_, reason) => {
          log.push(`${reason.by} ${reason.code}`);
          ended.resolve();
        },
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    agent.sendBytes(encodeFrame(bigMessage(agent.uidBytes, 1024)));
    expect((await agent.closed).code).toBe(1009);
    await ended.promise;
    expect(log).toEqual(["message-too-large", "server 1009"]);
  });

  it("is one byte above it, header included [S-03 W-16]", async () => {
    const frame = encodeFrame(bigMessage(pollMessage().uid, 1000));
    await using exact = await startServer({ limits: { maxReceiveBytes: frame.length } });
    await using taken = await connectAgent(exact.wsUrl);
    taken.sendBytes(frame);
    expect((await taken.next()).errorResponse).toBeUndefined();
    await using tight = await startServer({ limits: { maxReceiveBytes: frame.length - 1 } });
    await using refused = await connectAgent(tight.wsUrl);
    refused.sendBytes(frame);
    expect((await refused.closed).code).toBe(1009);
  });

  it("closes with 1009 when it is a deflate bomb, in bounded memory [S-03 L-02]", async () => {
    await using running = await startServer({ limits: { maxReceiveBytes: MiB } });
    await using agent = await connectAgent(running.wsUrl, { perMessageDeflate: true });
    const bomb = bombFrame(256 * MiB);
    const growth = await growthDuring(async () => {
      // A compressed frame made by hand: the client itself would inflate and count.
      rawSocketOf(agent.webSocket).write(bomb);
      expect((await agent.closed).code).toBe(1009);
    });
    expect(growth).toBeLessThan(64 * MiB);
  });

  it.each([
    ["plain", "identity", (body: Uint8Array) => body],
    ["gzip", "gzip", (body: Uint8Array) => gzipSync(body)],
  ])("is refused with 413 over HTTP: %s [S-13 S-14]", async (_, coding, encode) => {
    const log: string[] = [];
    await using running = await startServer({
      limits: { maxReceiveBytes: 1024 },
      callbacks: {
        onMessage: () => void log.push("delivered"),
        onReadMessageError: (__, { code }) => log.push(code),
      },
    });
    const body = encode(bigMessage(pollMessage().uid, 100_000));
    const headers = { "content-encoding": coding };
    const response = await post(running.httpUrl, body, { headers });
    expect(response.status).toBe(413);
    expect(response.body.toString()).toContain("1024");
    expect(log).toEqual(["message-too-large"]);
  });

  it.each([
    ["with its length", {}],
    ["in chunks", { "transfer-encoding": "chunked" }],
  ])(
    "is refused with 413 that the agent can read while it still sends: %s [S-13 S-14]",
    async (_, headers) => {
      await using running = await startServer({ limits: { maxReceiveBytes: 1024 } });
      const body = bigMessage(pollMessage().uid, 16 * MiB);
      expect((await post(running.httpUrl, body, { headers })).status).toBe(413);
    },
  );

  it("is refused with 413 when it is a gzip bomb, in bounded memory [S-13 L-02]", async () => {
    await using running = await startServer({ limits: { maxReceiveBytes: MiB } });
    const bomb = gzipSync(new Uint8Array(256 * MiB), { level: 9 });
    const growth = await growthDuring(async () => {
      const headers = { "content-encoding": "gzip" };
      expect((await post(running.httpUrl, bomb, { headers })).status).toBe(413);
    });
    expect(growth).toBeLessThan(64 * MiB);
  });
});

describe("an answer above the limit", () => {
  const onMessage = () => ({ remoteConfig: { configHash: new Uint8Array(2048) } });

  it("is replaced by an error on WebSocket, reported and logged [S-06 S-07 S-08 S-34 S-154]", async () => {
    const logger = createRecordingLogger();
    const codes: string[] = [];
    await using running = await startServer({
      logger,
      limits: { maxSendBytes: 1024 },
      callbacks: { onMessage, onMessageResponseError: (_, __, { code }) => codes.push(code) },
    });
    await using agent = await connectAgent(running.wsUrl);
    const answer = await agent.ask();
    expect(answer.remoteConfig).toBeUndefined();
    expect(answer.errorResponse?.type).toBe(ServerErrorResponseType.Unknown);
    expect(codes).toEqual(["message-too-large"]);
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
  });

  it("counts before compression, header included [S-06 W-16]", async () => {
    const askWith = async (maxSendBytes: number) => {
      await using running = await startServer({
        limits: { maxSendBytes },
        callbacks: { onMessage },
      });
      await using agent = await connectAgent(running.wsUrl, { perMessageDeflate: true });
      const { remoteConfig } = await agent.ask();
      return { isSent: remoteConfig !== undefined, bytes: agent.frames[0]?.length ?? 0 };
    };
    const { bytes } = await askWith(4096);
    expect(bytes).toBeGreaterThan(2048);
    expect((await askWith(bytes)).isSent).toBe(true);
    expect((await askWith(bytes - 1)).isSent).toBe(false);
  });

  it("becomes 500 over HTTP, is reported and logged [S-15 S-16 S-17 S-154]", async () => {
    const logger = createRecordingLogger();
    const codes: string[] = [];
    await using running = await startServer({
      logger,
      limits: { maxSendBytes: 1024 },
      callbacks: { onMessage, onMessageResponseError: (_, __, { code }) => codes.push(code) },
    });
    const response = await post(running.httpUrl, pollMessage().body);
    expect(response.status).toBe(500);
    expect(response.headers["content-type"]).toContain("text/plain");
    expect(codes).toEqual(["message-too-large"]);
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
  });

  it("leaves a push unsent, and the connection alone [S-06 S-07]", async () => {
    await using running = await startServer({ limits: { maxSendBytes: 1024 } });
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const [connection] = running.server.connections;
    await expect(connection?.send(onMessage())).rejects.toMatchObject({
      code: "message-too-large",
    });
    await connection?.send({ flags: 1n });
    expect((await agent.next()).flags).toBe(1n);
  });
});

it("refuses one agent too many on a WebSocket, and keeps the others [W-71]", async () => {
  await using running = await startServer({ limits: { maxAgentsPerConnection: 1 } });
  await using agent = await connectAgent(running.wsUrl);
  await agent.ask();
  const instanceUid = pollMessage().uid;
  const refused = await agent.ask({ instanceUid });
  expect(refused.instanceUid).toEqual(Buffer.from(instanceUid));
  expect(refused.errorResponse?.type).toBe(ServerErrorResponseType.Unavailable);
  expect((await agent.ask()).errorResponse).toBeUndefined();
});

it("takes a large message on both transports", async () => {
  await using running = await startServer();
  await using agent = await connectAgent(running.wsUrl);
  agent.sendBytes(encodeFrame(bigMessage(agent.uidBytes, 20 * MiB)));
  expect((await agent.next()).errorResponse).toBeUndefined();
  const response = await post(running.httpUrl, bigMessage(agent.uidBytes, 20 * MiB));
  expect(messageOf(response).errorResponse).toBeUndefined();
});

/** A masked, compressed, binary frame of zeros. */
function bombFrame(inflatedBytes: number): Buffer {
  const payload = deflateRawSync(new Uint8Array(inflatedBytes), { level: 9 });
  const header = Buffer.alloc(14);
  header[0] = 0xc2;
  header[1] = 0x80 | 127;
  header.writeBigUInt64BE(BigInt(payload.length), 2);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([header, payload]);
}

function rawSocketOf(webSocket: object): { write(bytes: Uint8Array): void } {
  return (webSocket as { _socket: { write(bytes: Uint8Array): void } })._socket;
}
