import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import {
  accept,
  type ConnectDecision,
  createOpAMPServer,
  reject,
  type ServerStats,
} from "@opamp/server";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { expect, it } from "vitest";
import { pollMessage, post, send } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer, type TestServer } from "./_util/test-server.ts";

/** The counts that are not zero. */
function counted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

async function statsWhen(
  { server }: TestServer,
  isThere: (stats: ServerStats) => boolean,
): Promise<ServerStats> {
  await eventually(() => expect(isThere(server.stats())).toBe(true));
  return server.stats();
}

it("counts messages and bytes of each transport", async () => {
  await using running = await startServer();
  await using agent = await connectAgent(running.wsUrl);
  await agent.ask();
  await agent.ask();
  await post(running.httpUrl, pollMessage().body);
  const { websocket, http } = await statsWhen(running, (stats) => stats.http.open === 0);
  expect(websocket).toMatchObject({
    open: 1,
    opened: 1,
    agents: 1,
    handshakes: 0,
    messagesReceived: 2,
    bytesReceived: 2 * 18,
    messagesSent: 2,
    // The capabilities go out once.
    bytesSent: 20 + 18,
    messagesUnreadable: 0,
    messagesUnsent: 0,
    messagesPending: 0,
    messagesQueued: 0,
    bytesQueued: 0,
  });
  expect(http).toMatchObject({
    opened: 1,
    messagesReceived: 1,
    bytesReceived: 20,
    messagesSent: 1,
    bytesSent: 20,
    messagesUnreadable: 0,
  });
  expect(counted(http.closed)).toEqual({ answered: 1 });
});

it("hands out a snapshot that later messages do not change", async () => {
  await using running = await startServer();
  const before = running.server.stats();
  await post(running.httpUrl, pollMessage().body);
  expect(before.http.messagesReceived).toBe(0);
  expect(running.server.stats().http.messagesReceived).toBe(1);
});

it("counts what is under way", async () => {
  const decision = Promise.withResolvers<ConnectDecision>();
  const answer = Promise.withResolvers<undefined>();
  await using running = await startServer({
    callbacks: {
      onConnecting: ({ transport }) => (transport === "http" ? accept() : decision.promise),
      onMessage: () => answer.promise,
    },
  });
  const polling = post(running.httpUrl, pollMessage().body);
  const connecting = connectAgent(running.wsUrl);
  const { websocket } = await statsWhen(
    running,
    (stats) => stats.websocket.handshakes === 1 && stats.http.open === 1,
  );
  expect(websocket.open).toBe(0);
  decision.resolve(accept());
  await using agent = await connecting;
  for (let message = 0; message < 3; message += 1) agent.say();
  await statsWhen(running, (stats) => stats.websocket.messagesPending === 2);
  answer.resolve(undefined);
  await polling;
  await statsWhen(
    running,
    (stats) => stats.websocket.messagesPending === 0 && stats.http.open === 0,
  );
});

it("counts refusals by reason", async () => {
  await using running = await startServer({
    callbacks: {
      onConnecting({ headers }) {
        if (headers["x-fail"] !== undefined) throw new Error("no database");
        return headers.authorization === undefined ? reject(401) : accept();
      },
    },
  });
  const { body } = pollMessage();
  await post(running.httpUrl, body);
  await post(running.httpUrl, body, { headers: { "x-fail": "1" } });
  await send(running.httpUrl, { method: "DELETE" });
  await expect(connectAgent(running.wsUrl)).rejects.toThrow("401");
  await expect(connectAgent(running.wsUrl, { headers: { "x-fail": "1" } })).rejects.toThrow("500");
  const handshake = { upgrade: "websocket", connection: "Upgrade", authorization: "yes" };
  await send(running.httpUrl, { headers: { ...handshake, "sec-websocket-version": "1" } });
  const { websocket, http, callbackFailures } = await statsWhen(
    running,
    (stats) => stats.websocket.refused.malformed === 1,
  );
  const reasons = { application: 1, "callback-failed": 1, malformed: 1 };
  expect(counted(http.refused)).toEqual(reasons);
  expect(counted(websocket.refused)).toEqual(reasons);
  expect(counted(callbackFailures)).toEqual({ onConnecting: 2 });
  expect([websocket.opened, http.opened]).toEqual([0, 0]);
});

it("counts refusals of a server that has closed", async () => {
  const server = createOpAMPServer();
  await server.close();
  await using owner = createServer((request, response) => {
    void server.handleRequest(request, response);
  });
  owner.on("upgrade", (request, socket, head) => void server.handleUpgrade(request, socket, head));
  await once(owner.listen(0, "127.0.0.1"), "listening");
  const { port } = owner.address() as AddressInfo;
  await post(`http://127.0.0.1:${port}/v1/opamp`, pollMessage().body);
  await expect(connectAgent(`ws://127.0.0.1:${port}/v1/opamp`)).rejects.toThrow("503");
  const { websocket, http } = server.stats();
  expect(counted(http.refused)).toEqual({ closing: 1 });
  expect(counted(websocket.refused)).toEqual({ closing: 1 });
});

it("counts what is more than the server takes", async () => {
  await using running = await startServer({
    overload: { maxConnections: 1, messagesPerAgent: { perSecond: 1 } },
    clock: createFakeClock(),
  });
  await using agent = await connectAgent(running.wsUrl);
  await agent.ask();
  await agent.ask();
  await expect(connectAgent(running.wsUrl)).rejects.toThrow("503");
  await post(running.httpUrl, pollMessage().body);
  const { websocket, http } = running.server.stats();
  expect(counted(websocket.throttled)).toEqual({ "agent-message-rate": 1 });
  expect(counted(websocket.refused)).toEqual({ connections: 1 });
  expect(counted(http.refused)).toEqual({ connections: 1 });
});

it("counts closed connections by what ended them", async () => {
  await using running = await startServer({
    callbacks: {
      onMessage(connection, { customMessage }) {
        if (customMessage) connection.disconnect(4000).catch(() => connection.id);
      },
    },
  });
  const connect = () => connectAgent(running.wsUrl);
  await using leaving = await connect();
  await leaving.ask({ agentDisconnect: {} });
  leaving.webSocket.close();
  await using closing = await connect();
  closing.webSocket.close();
  await using broken = await connect();
  broken.webSocket.terminate();
  await using unruly = await connect();
  unruly.sendBytes("text");
  await using unwanted = await connect();
  unwanted.say({ customMessage: { capability: "com.example", type: "bye" } });
  await using staying = await connect();
  await statsWhen(running, (stats) => stats.websocket.open === 1);
  await running.server.close();
  await staying.closed;
  const { websocket } = running.server.stats();
  expect(counted(websocket.closed)).toEqual({
    "agent-disconnect": 1,
    "agent-close": 1,
    network: 1,
    violation: 1,
    application: 1,
    shutdown: 1,
  });
  expect(websocket).toMatchObject({ open: 0, opened: 6, agents: 0 });
});

it("counts agents that do not answer pings", async () => {
  await using running = await startServer({ timeouts: { pingIntervalMs: 20, pongMs: 20 } });
  await using agent = await connectAgent(running.wsUrl, { autoPong: false });
  await agent.closed;
  const { websocket } = await statsWhen(running, (stats) => stats.websocket.open === 0);
  expect(counted(websocket.closed)).toEqual({ "ping-timeout": 1 });
});

it("counts what cannot be read, and what cannot be sent", async () => {
  await using running = await startServer({
    limits: { maxSendBytes: 100 },
    callbacks: {
      onMessage: () => ({ customMessage: { data: new Uint8Array(200) } }),
    },
  });
  await using agent = await connectAgent(running.wsUrl);
  agent.sendBytes(Uint8Array.of(1, 2, 3));
  await agent.next();
  await agent.ask();
  await post(running.httpUrl, Uint8Array.of(255));
  await post(running.httpUrl, pollMessage().body);
  const [connection] = running.server.connections;
  const push = connection?.send({ customMessage: { data: new Uint8Array(200) } });
  await expect(push).rejects.toMatchObject({ code: "message-too-large" });
  const { websocket, http } = running.server.stats();
  expect(websocket).toMatchObject({ messagesUnreadable: 1, messagesReceived: 1 });
  expect(websocket.messagesUnsent).toBe(2);
  expect(http).toMatchObject({ messagesUnreadable: 1, messagesReceived: 1, messagesUnsent: 1 });
});

it("counts agents that are too many for a connection, and callbacks that fail", async () => {
  const failed = Promise.withResolvers<void>();
  await using running = await startServer({
    limits: { maxAgentsPerConnection: 1 },
    callbacks: {
      onMessage() {
        throw new Error("no database");
      },
      async onConnectionClosed() {
        failed.resolve();
        throw new Error("no database");
      },
    },
  });
  await using agent = await connectAgent(running.wsUrl);
  await agent.ask();
  await agent.ask({ instanceUid: pollMessage().uid });
  agent.webSocket.close();
  await once(agent.webSocket, "close");
  await failed.promise;
  const { websocket, callbackFailures } = await statsWhen(
    running,
    (stats) => stats.callbackFailures.onConnectionClosed === 1,
  );
  expect(counted(websocket.throttled)).toEqual({ "agents-per-connection": 1 });
  expect(counted(callbackFailures)).toEqual({ onMessage: 1, onConnectionClosed: 1 });
});

it("counts an agent that has gone while its body was read as a break", async () => {
  const connected: number[] = [];
  await using running = await startServer({
    callbacks: { onConnected: ({ id }) => void connected.push(id) },
  });
  const socket = connect(running.port, "127.0.0.1");
  await once(socket, "connect");
  const type = "Content-Type: application/x-protobuf";
  socket.write(`POST /v1/opamp HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 9\r\n\r\nabc`);
  await statsWhen(running, ({ http }) => http.open === 1);
  socket.destroy();
  const { http } = await statsWhen(running, (stats) => stats.http.open === 0);
  expect(http.opened).toBe(1);
  expect(counted(http.closed)).toEqual({ network: 1 });
  expect(connected).toEqual([]);
});
