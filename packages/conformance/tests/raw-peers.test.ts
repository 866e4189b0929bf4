import { encodeServerToAgent } from "@opamp/protocol";
import { afterEach, describe, expect, it } from "vitest";
import {
  connectOverHttp,
  connectOverWebSocket,
  openWebSocket,
  type RawAgent,
  type RawServer,
  type RawServerOptions,
  startRawServer,
  type TransportName,
  transportNames,
} from "../src/index.ts";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function serve(options?: RawServerOptions): Promise<RawServer> {
  const server = await startRawServer(options);
  open.push(server);
  return server;
}

async function connect(server: RawServer, transport: TransportName): Promise<RawAgent> {
  const url = server.url(transport);
  const agent = transport === "http" ? connectOverHttp(url) : await connectOverWebSocket(url);
  open.push(agent);
  return agent;
}

describe.each(transportNames)("a raw agent and a raw server over %s", (transport) => {
  it("answers each message with its uid, and with capabilities first", async () => {
    const server = await serve({ capabilities: 5n });
    const agent = await connect(server, transport);
    const { message } = await agent.exchange();
    expect(message?.instanceUid).toEqual(agent.instanceUid);
    expect(message?.capabilities).toBe(5n);
  });

  it("counts the messages of the agent", async () => {
    const server = await serve();
    const agent = await connect(server, transport);
    await agent.exchange();
    await agent.exchange({ health: { healthy: true } });
    const numbers = server.messages.all.map(({ message }) => message?.sequenceNum);
    expect(numbers).toEqual([0n, 1n]);
    expect(server.messages.all[1]?.message?.health?.healthy).toBe(true);
  });

  it("follows the script for messages", async () => {
    const server = await serve();
    const agent = await connect(server, transport);
    server.onNextMessages({ kind: "answer", message: { flags: 1n } });
    expect((await agent.exchange()).message?.flags).toBe(1n);
    expect((await agent.exchange()).message?.flags).toBe(0n);
  });

  it("keeps the bytes of what cannot be read", async () => {
    const server = await serve();
    const agent = await connect(server, transport);
    await agent.exchangeBytes(Uint8Array.of(0xff));
    const [received] = server.messages.all;
    expect(received?.message).toBeUndefined();
    expect(received?.encoded).toEqual(Buffer.of(0xff));
  });

  it("cuts the connection when told to", async () => {
    const server = await serve();
    const agent = await connect(server, transport);
    server.onNextMessages({ kind: "drop" });
    const reason = transport === "http" ? "socket hang up" : "closed with 1006";
    await expect(agent.exchange()).rejects.toThrow(reason);
  });
});

describe("a raw server", () => {
  it("refuses an upgrade with status, headers and body", async () => {
    const server = await serve();
    const body = new TextEncoder().encode("later");
    server.onNextAttempts({ kind: "status", status: 503, headers: { "retry-after": "3" }, body });
    const handshake = await openWebSocket(server.url("websocket"));
    expect(handshake).toMatchObject({ opened: false, status: 503, body: Buffer.from("later") });
    expect(!handshake.opened && handshake.headers["retry-after"]).toBe("3");
  });

  it("refuses a request with a status", async () => {
    const server = await serve();
    server.onNextAttempts({ kind: "status", status: 413 });
    const agent = await connect(server, "http");
    expect((await agent.exchange()).status).toBe(413);
    expect(server.requests.all).toHaveLength(1);
    expect(server.messages.all).toHaveLength(0);
  });

  it("says something at once on a WebSocket, and in the next answer over HTTP", async () => {
    const server = await serve();
    const webSocket = await connectOverWebSocket(server.url("websocket"));
    open.push(webSocket);
    await webSocket.exchange();
    await server.say({ flags: 1n });
    expect((await webSocket.socket.received.take()).message?.flags).toBe(1n);
    await webSocket.socket.close();
    await server.sockets.all[0]?.closed;
    await server.say({ flags: 2n });
    const agent = await connect(server, "http");
    expect((await agent.exchange()).message?.flags).toBe(2n);
  });

  it("notes with which code a WebSocket was closed", async () => {
    const server = await serve();
    const agent = await connectOverWebSocket(server.url("websocket"));
    open.push(agent);
    await agent.exchange();
    await agent.socket.close(4000);
    expect((await server.sockets.all[0]?.closed)?.code).toBe(4000);
  });

  it("sends any bytes", async () => {
    const server = await serve();
    const agent = await connect(server, "http");
    const bytes = encodeServerToAgent({ flags: 3n });
    server.onNextMessages({ kind: "bytes", bytes });
    expect((await agent.exchange()).encoded).toEqual(Buffer.from(bytes));
  });
});

describe("a raw agent", () => {
  it("has a uid of its own unless it is given one", async () => {
    const server = await serve();
    const [a, b] = [await connect(server, "http"), await connect(server, "http")];
    expect(a.instanceUid).not.toEqual(b.instanceUid);
  });
});
