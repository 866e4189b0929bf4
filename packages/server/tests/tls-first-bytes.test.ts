import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex, duplexPair } from "node:stream";
import { connect as connectTls } from "node:tls";
import { createOpAMPServer, type OpAMPServer } from "@opamp/server";
import { createCertificateAuthority } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";

const authority = await createCertificateAuthority();
const tls = await authority.issueServer();
const ca = authority.cert;

interface Running extends AsyncDisposable {
  readonly server: OpAMPServer;
  readonly port: number;
  readonly lines: readonly string[];
}

async function start(handshakeTimeout?: number): Promise<Running> {
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const logger = { debug: log, info: log, warn: log, error: log };
  const server = createOpAMPServer({ logger });
  const options = { ...tls, ...(handshakeTimeout !== undefined && { handshakeTimeout }) };
  const { port } = await server.listen({ port: 0, host: "127.0.0.1", tls: options });
  const stop = (): Promise<void> => server.close({ deadlineMs: 0 });
  return { server, port, lines, [Symbol.asyncDispose]: stop };
}

/** Sends what is written in pieces, each in a segment of its own. */
function inPieces(socket: Socket, bytes: number): Duplex {
  socket.setNoDelay();
  const duplex = new Duplex({
    read: () => undefined,
    async write(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length; at += bytes) {
        socket.write(chunk.subarray(at, at + bytes));
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      done();
    },
    destroy(_error, done) {
      socket.destroy();
      done(null);
    },
  });
  socket.on("data", (chunk) => duplex.push(chunk)).on("close", () => duplex.destroy());
  return duplex;
}

/** The first message of a handshake. */
async function clientHello(): Promise<Buffer> {
  const [socket, other] = duplexPair();
  const secure = connectTls({ socket, ca });
  const [hello] = await once(other, "data");
  secure.destroy();
  return hello;
}

/** Connects and says so much. */
async function say(bytes: Buffer, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").resume();
  await once(socket, "connect");
  socket.on("error", () => undefined).write(bytes);
  return socket;
}

describe("a connection to a port with TLS", () => {
  it.each([
    ["all at once", 100_000, "X25519MLKEM768"],
    ["in short pieces", 7, "X25519MLKEM768"],
    ["in pieces as long as those that TLS takes", 1000, "X25519MLKEM768"],
    ["in few bytes", 100_000, "P-256"],
  ])("is served when the agent begins %s", async (_, bytes, ecdhCurve) => {
    await using running = await start();
    const socket = connect(running.port, "127.0.0.1");
    await once(socket, "connect");
    const secure = connectTls({ socket: inPieces(socket, bytes), ca, ecdhCurve });
    await once(secure, "secureConnect");
    secure.write("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const [answer] = await once(secure, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 404 /);
    secure.destroy();
  });

  it("takes long messages and short ones after them, on both transports", async () => {
    await using running = await start();
    const at = `127.0.0.1:${running.port}/v1/opamp`;
    await using agent = await connectAgent(`wss://${at}`, { ca });
    for (const length of [1, 1000, 1024, 17_000, 70_000, 2_000_000, 1]) {
      const data = new Uint8Array(length).fill(7);
      const customMessage = { capability: "test", type: "test", data };
      expect((await agent.ask({ customMessage })).errorResponse).toBeUndefined();
    }
    expect((await post(`https://${at}`, pollMessage().body, { ca })).status).toBe(200);
  });

  it("is cut when it says nothing in time", async () => {
    await using running = await start(50);
    const socket = connect(running.port, "127.0.0.1").resume();
    await once(socket, "close");
    expect(running.lines).toContain("a TLS handshake failed: nothing was said in time");
  });

  it("is cut when it says nothing more in time", async () => {
    await using running = await start(50);
    const socket = connect(running.port, "127.0.0.1").resume();
    socket.on("error", () => undefined).write(Buffer.from([0x16]));
    await once(socket, "close");
    expect(running.lines).toEqual([expect.stringContaining("TLS handshake failed")]);
  });

  it.each([
    ["ends", (socket: Socket) => socket.end()],
    ["is reset", (socket: Socket) => socket.resetAndDestroy()],
  ])("is forgotten when it %s before it says anything", async (_, leave) => {
    await using running = await start(1_000_000);
    const socket = connect(running.port, "127.0.0.1").resume();
    await once(socket, "connect");
    leave(socket);
    if (!socket.destroyed) await once(socket, "close");
    // It does not hold up the end.
    await running.server.close();
    expect(running.lines).not.toContain("a TLS handshake failed: nothing was said in time");
  });

  it.each([
    ["nothing", 0],
    ["one byte", 1],
    ["half of its first message", 100],
    ["its first message and no more", 100_000],
  ])("is cut at once by close when it has said %s [L-29]", async (_, bytes) => {
    await using running = await start(1_000_000);
    const socket = await say((await clientHello()).subarray(0, bytes), running.port);
    // It came first, so the server knows of it when the other is served.
    await using agent = await connectAgent(`wss://127.0.0.1:${running.port}/v1/opamp`, { ca });
    await agent.ask();
    await running.server.close({ deadlineMs: 2_000_000_000 });
    if (!socket.closed) await once(socket, "close");
    expect((await agent.closed).code).toBe(1001);
  });

  it("is cut at the deadline of close while another has not got its answer [L-29]", async () => {
    await using running = await start(1_000_000);
    const socket = await say(Buffer.alloc(0), running.port);
    const other = connectTls({ port: running.port, host: "127.0.0.1", ca });
    await once(
      other.on("error", () => undefined),
      "secureConnect",
    );
    other.write("POST /v1/opamp HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n");
    other.write("Content-Type: application/x-protobuf\r\nContent-Length: 9\r\n\r\n");
    await once(other, "data");
    await running.server.close({ deadlineMs: 100 });
    if (!socket.closed) await once(socket, "close");
    expect(socket.closed).toBe(true);
    other.destroy();
  });
});
