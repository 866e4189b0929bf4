import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { instanceUidFromBytes } from "@opamp/protocol";
import { accept, reject, type ServerEvents } from "@opamp/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";

const names = [
  "opamp.server.connection.opened",
  "opamp.server.message.received",
  "opamp.server.message.sent",
  "opamp.server.connection.closed",
  "opamp.server.connection.refused",
  "opamp.server.message.unreadable",
  "opamp.server.message.throttled",
  "opamp.server.message.unsent",
  "opamp.server.callback.failed",
] as const satisfies readonly (keyof ServerEvents)[];

let events: [string, unknown][] = [];
const record = (event: unknown, name: string | symbol): void => {
  events.push([String(name).replace("opamp.server.", ""), event]);
};

beforeEach(() => {
  events = [];
  for (const name of names) subscribe(name, record);
});
afterEach(() => {
  for (const name of names) unsubscribe(name, record);
});

it("publishes what happens to a connection, without headers, URLs or content [L-33]", async () => {
  const ended = Promise.withResolvers<void>();
  await using running = await startServer({
    callbacks: { onConnectionClosed: () => ended.resolve() },
  });
  await using agent = await connectAgent(`${running.wsUrl}?token=hunter2`, {
    headers: { authorization: "hunter2" },
  });
  await agent.ask();
  agent.webSocket.close(1000);
  await ended.promise;
  const identity = { connectionId: expect.any(Number), transport: "websocket" };
  expect(events).toEqual([
    ["connection.opened", { ...identity, remoteAddress: "127.0.0.1" }],
    ["message.received", { ...identity, instanceUid: agent.uid, bytes: 18 }],
    ["message.sent", { ...identity, instanceUid: agent.uid, bytes: 20 }],
    [
      "connection.closed",
      {
        ...identity,
        reason: { by: "agent", code: 1000, agentDisconnect: false },
        cause: "agent-close",
      },
    ],
  ]);
  expect(JSON.stringify(events)).not.toContain("hunter2");
});

it("publishes the same for an HTTP exchange", async () => {
  await using running = await startServer();
  const { body } = pollMessage();
  await post(`${running.httpUrl}?token=hunter2`, body);
  await running.server.close();
  expect(events.map(([name]) => name)).toEqual([
    "connection.opened",
    "message.received",
    "message.sent",
    "connection.closed",
  ]);
  expect(JSON.stringify(events)).not.toContain("hunter2");
});

it("publishes what is refused, without what was presented [L-33]", async () => {
  await using running = await startServer({ callbacks: { onConnecting: () => reject(401) } });
  const secret = { headers: { authorization: "hunter2" } };
  const connecting = connectAgent(`${running.wsUrl}?token=hunter2`, secret);
  await expect(connecting).rejects.toThrow("401");
  await post(`${running.httpUrl}?token=hunter2`, pollMessage().body, secret);
  const refusal = { remoteAddress: "127.0.0.1", reason: "application", status: 401 };
  expect(events).toEqual([
    ["connection.refused", { transport: "websocket", ...refusal }],
    ["connection.refused", { transport: "http", ...refusal }],
  ]);
});

it("publishes what cannot be read, is turned away or is not sent", async () => {
  await using running = await startServer({
    limits: { maxSendBytes: 100, maxAgentsPerConnection: 1 },
    callbacks: { onMessage: () => ({ customMessage: { data: new Uint8Array(200) } }) },
  });
  await using agent = await connectAgent(running.wsUrl);
  agent.sendBytes(Uint8Array.of(1, 2, 3));
  await agent.next();
  await agent.ask();
  const other = pollMessage().uid;
  await agent.ask({ instanceUid: other });
  const connectionId = [...running.server.connections][0]?.id;
  const identity = { connectionId, transport: "websocket" };
  const wanted = ["message.unreadable", "message.unsent", "message.throttled"];
  expect(events.filter(([name]) => wanted.includes(name))).toEqual([
    [
      "message.unreadable",
      { ...identity, error: expect.objectContaining({ code: "malformed-message" }) },
    ],
    [
      "message.unsent",
      { ...identity, error: expect.objectContaining({ code: "message-too-large" }) },
    ],
    [
      "message.throttled",
      {
        ...identity,
        instanceUid: instanceUidFromBytes(other),
        reason: "agents-per-connection",
      },
    ],
  ]);
});

it("publishes what callbacks throw, as it is", async () => {
  const error = new Error("no database");
  await using running = await startServer({
    callbacks: {
      onConnecting({ transport }) {
        if (transport === "http") throw error;
        return accept();
      },
      onMessage: () => Promise.reject(error),
    },
  });
  await post(running.httpUrl, pollMessage().body);
  await using agent = await connectAgent(running.wsUrl);
  await agent.ask();
  const connectionId = [...running.server.connections][0]?.id;
  expect(events.filter(([name]) => name === "callback.failed")).toEqual([
    ["callback.failed", { callback: "onConnecting", connectionId: undefined, error }],
    ["callback.failed", { callback: "onMessage", connectionId, error }],
  ]);
});
