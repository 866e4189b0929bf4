import assert from "node:assert/strict";
import { ServerErrorResponseType, type ServerToAgentInit } from "@opamp/protocol";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { both, overHttp, overWebSocket } from "../transports.ts";
import { messagesOf, startSession, takeFullState, takeMessage, takeReport } from "./session.ts";

const info = { side: "client", transports: both } as const;
const health = { capabilities: ["ReportsHealth"], health: { healthy: true } } as const;
const wishes = { ...health, intervalMs: 30 } as const;
const retryAfterMs = 300;

/** Cases about what is sent again, and about throttling. */
export const retryingCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-expects-a-reply",
    title: "expects a reply to its first message, and tries again when none comes",
    requirements: ["C-233", "C-220"],
    async run(context) {
      const server = await context.serve();
      server.onNextMessages({ kind: "silence" });
      await context.start(server, { ...health, responseTimeoutMs: 100 });
      await takeReport(server, "health");
      assert.equal((await takeReport(server, "health")).health.healthy, true);
    },
  },
  {
    ...info,
    id: "client-reports-again-after-a-lost-connection",
    title: "reports again what it had sent when the connection was lost before the reply",
    requirements: ["C-221", "C-225", "L-08"],
    async run(context) {
      const server = await context.serve();
      server.onNextMessages({ kind: "drop" });
      await context.start(server, { wishes });
      const first = await takeReport(server, "health");
      assert.deepEqual((await takeReport(server, "health")).health, first.health);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-leaves-on-unavailable",
    title: "says goodbye, closes and returns after UNAVAILABLE",
    requirements: ["C-226", "C-242"],
    async run(context) {
      const { server } = await startSession(context);
      const socket = await server.sockets.take();
      await server.say(unavailable());
      await socket.closed;
      assert.ok(socket.messages.at(-1)?.message?.agentDisconnect);
      await server.sockets.take({ what: "a new WebSocket" });
    },
  },
  {
    ...info,
    id: "client-reports-again-after-unavailable",
    title: "sends its first report again after UNAVAILABLE",
    requirements: ["C-222"],
    async run(context) {
      const server = await context.serve();
      server.onNextMessages({ kind: "answer", message: { ...unavailable(), capabilities: 0n } });
      await context.start(server, { wishes });
      const first = await takeReport(server, "health");
      assert.deepEqual((await takeReport(server, "health")).health, first.health);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-reports-a-change-again-after-unavailable",
    title: "reports a change again that was answered with UNAVAILABLE",
    requirements: ["C-222", "L-08"],
    async run(context) {
      const { server, client } = await startSession(context, health);
      await takeFullState(server);
      server.onNextMessages({ kind: "answer", message: unavailable() });
      client.setHealth({ healthy: false });
      await takeReport(server, "health");
      assert.equal((await takeReport(server, "health")).health.healthy, false);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-waits-for-the-time-of-unavailable",
    title: "returns after the nanoseconds that UNAVAILABLE asks for, not before",
    requirements: ["C-227", "L-18"],
    async run(context) {
      const { server } = await startSession(context);
      const saidAtMs = performance.now();
      await server.say(unavailable());
      const { openedAtMs } = await server.sockets.take({
        what: "a new WebSocket",
        where: (socket) => socket.openedAtMs > saidAtMs,
      });
      const waitedMs = openedAtMs - saidAtMs;
      assert.ok(waitedMs >= retryAfterMs, `the client came back after ${waitedMs} ms`);
    },
  },
  {
    ...info,
    transports: overHttp,
    id: "client-waits-after-unavailable-over-http",
    title: "waits after UNAVAILABLE in a response, and then reports again",
    requirements: ["C-232", "L-18"],
    async run(context) {
      const server = await context.serve();
      server.onNextMessages({ kind: "answer", message: { ...unavailable(), capabilities: 0n } });
      await context.start(server, { wishes });
      await takeReport(server, "health");
      await takeReport(server, "health");
      const [first, second] = server.messages.all;
      const waitedMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
      assert.ok(waitedMs >= retryAfterMs - 50, `the client came back after ${waitedMs} ms`);
    },
  },
  ...[
    { status: 503, form: "seconds", retryAfter: () => "1" },
    // A date has no milliseconds: the wait is between one second and two.
    {
      status: 429,
      form: "a date",
      retryAfter: () => new Date(Date.now() + 2000).toUTCString(),
    },
  ].map(
    ({ status, form, retryAfter }): ClientCase => ({
      ...info,
      id: `client-honours-retry-after-in-${form.replace(" ", "-")}`,
      title: `waits after ${status} as long as Retry-After asks in ${form}`,
      requirements: ["C-229", "L-18"],
      async run(context) {
        const server = await context.serve();
        const headers = (): Record<string, string> => ({ "retry-after": retryAfter() });
        server.onNextAttempts({ kind: "status", status, headers });
        await context.start(server, { wishes: { intervalMs: 30 } });
        const attempts = context.transport === "http" ? server.requests : server.upgrades;
        const { atMs: firstAtMs } = await attempts.take();
        const { atMs } = await attempts.take({ what: "another attempt" });
        assert.ok(atMs - firstAtMs >= 900, `the client came back after ${atMs - firstAtMs} ms`);
      },
    }),
  ),
  {
    ...info,
    id: "client-sends-nothing-while-it-waits",
    title: "sends and queues no heartbeats while it waits to reconnect",
    requirements: ["C-230"],
    async run(context) {
      const server = await context.serve();
      const headers = { "retry-after": "1" };
      server.onNextAttempts({ kind: "status", status: 503, headers });
      const capabilities = ["ReportsHeartbeat"] as const;
      await context.start(server, { capabilities, intervalMs: 300 });
      await takeMessage(server);
      assert.equal(messagesOf(server).length, 1);
      const attempts = context.transport === "http" ? server.requests : server.upgrades;
      assert.equal(attempts.all.length, 2);
      const [refused, accepted] = attempts.all;
      const gapMs = (accepted?.atMs ?? 0) - (refused?.atMs ?? 0);
      assert.ok(gapMs >= 900, `the client came back after ${gapMs} ms`);
    },
  },
];

function unavailable(): ServerToAgentInit {
  const retryAfterNanoseconds = BigInt(retryAfterMs) * 1_000_000n;
  return {
    errorResponse: {
      type: ServerErrorResponseType.Unavailable,
      Details: { case: "retryInfo", value: { retryAfterNanoseconds } },
    },
  };
}
