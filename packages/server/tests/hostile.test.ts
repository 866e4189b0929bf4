import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import {
  decodeServerToAgent,
  encodeAgentToServer,
  encodeFrame,
  ServerErrorResponseType,
} from "@opamp/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientFrame } from "./_util/client-frames.ts";
import { pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent, type RawAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";

describe("a frame that is no message", () => {
  it.each([
    ["no bytes", []],
    ["an unterminated header", [0x80]],
    ["a header of 1", [1, 0x0a, 0]],
    ["a header of 128", [0x80, 1]],
    ["a header of eleven bytes", [...new Uint8Array(10).fill(0x80), 0]],
    ["a uid of 8 bytes", [0, 0x0a, 8, 1, 2, 3, 4, 5, 6, 7, 8]],
    ["an empty message", [0]],
    ["a truncated field", [0, 0x0a, 16, 1]],
  ])(
    "is answered with BAD_REQUEST and a text, without a uid: %s [S-121 S-122 S-123 S-126 S-127 W-10 W-14 L-28]",
    async (_, bytes) => {
      const errors: string[] = [];
      await using running = await startServer({
        callbacks: { onReadMessageError: (__, { code }) => errors.push(code) },
      });
      await using agent = await connectAgent(running.wsUrl);
      agent.sendBytes(Uint8Array.from(bytes));
      const { instanceUid, errorResponse } = await agent.next();
      expect(instanceUid).toHaveLength(0);
      expect(errorResponse?.type).toBe(ServerErrorResponseType.BadRequest);
      expect(errorResponse?.errorMessage).not.toBe("");
      expect((await agent.ask()).errorResponse).toBeUndefined();
      expect(errors).toEqual(["malformed-message"]);
    },
  );

  it("is not processed when it is text, though its bytes are valid; the connection closes with 1003 [W-03]", async () => {
    const log: string[] = [];
    await using running = await startServer({
      callbacks: {
        onMessage: () => void log.push("delivered"),
        onReadMessageError: (_, { code }) => log.push(code),
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    const uid = new Uint8Array(16).fill(0x41);
    const bytes = encodeFrame(encodeAgentToServer({ instanceUid: uid }));
    agent.sendBytes(Buffer.from(bytes).toString("latin1"));
    expect((await agent.next()).errorResponse?.type).toBe(ServerErrorResponseType.BadRequest);
    expect((await agent.closed).code).toBe(1003);
    expect(log).toEqual(["malformed-message"]);
  });
});

it("cuts a connection that is broken off and goes on sending", async () => {
  await using running = await startServer({
    limits: { maxReceiveBytes: 1000 },
    timeouts: { closeMs: 60_000 },
  });
  const { socket, closed } = await openSocket(running.port);
  const tooLarge = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  socket.write(tooLarge);
  pour(socket, Buffer.alloc(65_536));
  const [closeFrame] = await once(socket, "data");
  expect([...closeFrame]).toEqual([0x88, 2, 0x03, 0xf1]);
  await closed;
});

it("cuts an agent that goes on sending after it was closed with 1013", async () => {
  await using running = await startServer({
    overload: { messagesPerAgent: { perSecond: 1 } },
    timeouts: { closeMs: 60_000 },
  });
  const { socket, closed } = await openSocket(running.port);
  const instanceUid = new Uint8Array(16).fill(0x41);
  const heartbeat = clientFrame(0x82, encodeFrame(encodeAgentToServer({ instanceUid })));
  pour(socket.resume(), Buffer.concat(Array.from({ length: 1000 }, () => heartbeat)));
  await closed;
  expect(socket.destroyed).toBe(true);
});

describe("frames in a row that are no messages", () => {
  it("are answered up to a limit; the next one cuts the connection with 1008 [S-121]", async () => {
    const errors: string[] = [];
    await using running = await startServer({
      limits: { maxUnreadableMessages: 3 },
      callbacks: { onReadMessageError: (_, { code }) => errors.push(code) },
    });
    await using agent = await connectAgent(running.wsUrl);
    for (let i = 0; i < 3; i += 1) {
      agent.sendBytes(Uint8Array.of(1));
      expect((await agent.next()).errorResponse?.type).toBe(ServerErrorResponseType.BadRequest);
    }
    agent.sendBytes(Uint8Array.of(1));
    expect((await agent.closed).code).toBe(1008);
    expect(agent.frames).toHaveLength(3);
    expect(errors).toHaveLength(4);
  });

  it("count from the last message that could be read", async () => {
    await using running = await startServer({ limits: { maxUnreadableMessages: 1 } });
    await using agent = await connectAgent(running.wsUrl);
    for (let i = 0; i < 5; i += 1) {
      agent.sendBytes(Uint8Array.of(1));
      expect((await agent.next()).errorResponse).toBeDefined();
      expect((await agent.ask()).errorResponse).toBeUndefined();
    }
  });
});

it("reads a header of zero in two bytes, and skips unknown fields [W-11 W-15 W-76]", async () => {
  await using running = await startServer();
  await using agent = await connectAgent(running.wsUrl);
  const unknownField = [0xc2, 0x3e, 1, 0xff];
  agent.sendBytes(Uint8Array.from([0x80, 0, 0x0a, 16, ...agent.uidBytes, ...unknownField]));
  expect(await agent.next()).toMatchObject({ instanceUid: Buffer.from(agent.uidBytes) });
});

it("takes capability bits and flags from the future [W-79]", async () => {
  await using running = await startServer({
    callbacks: { onMessage: (_, { capabilities }) => ({ flags: capabilities }) },
  });
  await using agent = await connectAgent(running.wsUrl);
  expect((await agent.ask({ capabilities: 1n << 40n })).flags).toBe(1n << 40n);
});

describe("any bytes", () => {
  /** Random bytes, and messages with some of their bytes changed. */
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(60), fc.nat(255))
      .map(([instanceUid, at, value]) => {
        const description = {
          identifyingAttributes: [{ key: "a", value: { value: { case: "intValue", value: 1n } } }],
        } as const;
        const bytes = encodeAgentToServer({
          instanceUid,
          agentDescription: description,
          sequenceNum: 9n,
        });
        bytes[at % bytes.length] = value;
        return bytes;
      }),
  );

  it("as a frame end in one answer or a closed connection [S-34 S-121]", async () => {
    await using running = await startServer({ limits: { maxUnreadableMessages: 300 } });
    await using agent = await connectAgent(running.wsUrl);
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.boolean(), async (bytes, framed) => {
        agent.sendBytes(framed ? encodeFrame(bytes) : bytes);
        await agent.next();
      }),
      { numRuns: 300 },
    );
    expect((await agent.ask()).errorResponse).toBeUndefined();
  });

  it("as a body end in 200 or 400 with a message [S-09 S-121]", async () => {
    await using running = await startServer();
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.boolean(), async (bytes, zipped) => {
        const headers = zipped ? { "content-encoding": "gzip" } : {};
        const response = await post(running.httpUrl, zipped ? gzipSync(bytes) : bytes, { headers });
        expect([200, 400]).toContain(response.status);
        const { errorResponse } = decodeServerToAgent(response.body);
        expect(errorResponse === undefined).toBe(response.status === 200);
      }),
      { numRuns: 150 },
    );
  });

  it("on the socket, ended anywhere in an HTTP request, leave the server serving others", async () => {
    await using running = await startServer();
    const head = Buffer.from(
      "POST /v1/opamp HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 99\r\n\r\n",
    );
    const anyStart = fc.tuple(fc.nat(head.length), fc.uint8Array({ maxLength: 120 }));
    await fc.assert(
      fc.asyncProperty(anyStart, fc.boolean(), async ([length, rest], cut) => {
        const socket = connect(running.port, "127.0.0.1");
        const closed = new Promise((resolve) => socket.resume().once("close", resolve));
        socket.on("error", () => undefined).write(head.subarray(0, length));
        if (cut) socket.write(rest, () => socket.destroy());
        else socket.end(rest);
        await closed;
      }),
      { numRuns: 100 },
    );
    expect((await post(running.httpUrl, pollMessage().body)).status).toBe(200);
  });

  it("on the socket after the handshake leave the server serving others", async () => {
    await using running = await startServer();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        await using agent = await connectAgent(running.wsUrl);
        socketOf(agent).end(bytes);
        await agent.closed;
      }),
      { numRuns: 60 },
    );
    await using agent = await connectAgent(running.wsUrl);
    expect((await agent.ask()).errorResponse).toBeUndefined();
  });
});

const upgradeRequest = [
  "GET /v1/opamp HTTP/1.1",
  "Host: x",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "\r\n",
].join("\r\n");

function socketOf({ webSocket }: RawAgent): { end(bytes: Uint8Array): void } {
  return (webSocket as unknown as { _socket: { end(bytes: Uint8Array): void } })._socket;
}

interface OpenSocket {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
}

/** A WebSocket of which only the bytes are seen. */
async function openSocket(port: number): Promise<OpenSocket> {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(upgradeRequest);
  const [response] = await once(socket, "data");
  expect(String(response)).toContain("101 Switching Protocols");
  return { socket, closed };
}

/** Writes without end. */
function pour(socket: Socket, bytes: Uint8Array): void {
  if (!socket.destroyed) socket.write(bytes, () => pour(socket, bytes));
}
