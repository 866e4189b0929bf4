import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, expect, it } from "vitest";
import { pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";

const names = [
  "opamp.server.connection.opened",
  "opamp.server.message.received",
  "opamp.server.message.sent",
  "opamp.server.connection.closed",
] as const;

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
      { ...identity, reason: { by: "agent", code: 1000, agentDisconnect: false } },
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
