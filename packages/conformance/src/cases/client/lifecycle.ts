import assert from "node:assert/strict";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { hex } from "../bytes.ts";
import { both, overHttp, overWebSocket } from "../transports.ts";
import {
  hearMore,
  messagesOf,
  processed,
  startSession,
  takeFullState,
  takeLaterMessage,
} from "./session.ts";

const info = { side: "client", transports: overWebSocket } as const;

/** Cases about how connections begin and end. */
export const lifecycleCases: readonly ClientCase[] = [
  {
    ...info,
    transports: both,
    id: "client-default-path",
    title: "connects to the path /v1/opamp when its URL has none",
    requirements: ["W-01"],
    async run(context) {
      const server = await context.serve();
      await context.start(server, { serverUrl: server.url(context.transport, "") });
      const attempts = context.transport === "http" ? server.requests : server.upgrades;
      assert.equal((await attempts.take()).url, "/v1/opamp");
    },
  },
  {
    ...info,
    transports: both,
    id: "client-other-path",
    title: "connects to the path of its URL",
    requirements: ["W-02"],
    async run(context) {
      const server = await context.serve();
      await context.start(server, { serverUrl: server.url(context.transport, "/fleet/agents") });
      const attempts = context.transport === "http" ? server.requests : server.upgrades;
      assert.equal((await attempts.take()).url, "/fleet/agents");
    },
  },
  {
    ...info,
    transports: both,
    id: "client-needs-one-transport",
    title: "speaks over the transport of its URL alone",
    requirements: ["C-01"],
    async run(context) {
      const { server } = await startSession(context);
      await hearMore(server);
      const others = context.transport === "http" ? server.upgrades : server.requests;
      assert.equal(others.all.length, 0);
    },
  },
  {
    ...info,
    id: "client-standard-upgrade",
    title: "asks for a WebSocket with a standard upgrade request",
    requirements: ["W-67"],
    async run(context) {
      const { server } = await startSession(context);
      const { headers } = await server.upgrades.take();
      assert.equal(headers.upgrade?.toLowerCase(), "websocket");
      assert.match(String(headers.connection), /upgrade/i);
      assert.equal(headers["sec-websocket-version"], "13");
      assert.equal(Buffer.from(String(headers["sec-websocket-key"]), "base64").length, 16);
    },
  },
  {
    ...info,
    id: "client-says-goodbye",
    title: "says goodbye in a message before it closes a WebSocket",
    requirements: ["C-235"],
    async run(context) {
      const { server, client } = await startSession(context);
      await client.stop();
      const last = server.messages.all.at(-1);
      assert.ok(last?.message?.agentDisconnect);
      assert.ok(hex(last.encoded).endsWith("4a00"));
    },
  },
  {
    ...info,
    id: "client-closes-with-a-close-frame",
    title: "closes a WebSocket with a close frame",
    requirements: ["C-236"],
    async run(context) {
      const { server, client } = await startSession(context);
      const socket = await server.sockets.take();
      await client.stop();
      assert.equal((await socket.closed).code, 1000);
    },
  },
  {
    ...info,
    transports: both,
    id: "client-says-goodbye-last",
    title: "sends nothing after it said goodbye, and says it once",
    requirements: ["C-237"],
    async run(context) {
      const { server, client } = await startSession(context, {
        capabilities: ["ReportsHealth", "ReportsHeartbeat"],
        health: { healthy: true },
        intervalMs: 20,
      });
      client.setHealth({ healthy: false });
      await client.stop();
      const goodbyes = messagesOf(server).map(
        ({ agentDisconnect }) => agentDisconnect !== undefined,
      );
      await context.watch(60);
      assert.equal(goodbyes.indexOf(true), goodbyes.length - 1);
      assert.equal(messagesOf(server).length, goodbyes.length);
    },
  },
  {
    ...info,
    transports: overHttp,
    id: "client-says-goodbye-over-http",
    title: "says goodbye in its last request",
    requirements: ["C-238", "L-21"],
    async run(context) {
      const { server, client } = await startSession(context);
      await client.stop();
      assert.ok(messagesOf(server).at(-1)?.agentDisconnect);
    },
  },
  {
    ...info,
    id: "client-reconnects",
    title: "reconnects when a WebSocket is lost",
    requirements: ["C-239"],
    async run(context) {
      const { server } = await startSession(context);
      await takeFullState(server);
      const later = takeLaterMessage(server);
      (await server.sockets.take()).cut();
      await later;
    },
  },
  {
    ...info,
    id: "client-retries-failed-attempts",
    title: "tries again when it is refused, until it is let in",
    requirements: ["C-240"],
    async run(context) {
      const server = await context.serve();
      const refused = { kind: "status", status: 500 } as const;
      server.onNextAttempts({ kind: "drop" }, refused, refused, { kind: "drop" });
      await context.start(server);
      await server.sockets.take();
      assert.equal(server.upgrades.all.length, 5);
    },
  },
  {
    ...info,
    id: "client-has-one-connection",
    title: "never has two WebSockets open",
    requirements: ["C-241"],
    async run(context) {
      const session = await startSession(context);
      const { server } = session;
      for (let round = 0; round < 3; round += 1) {
        await processed(session);
        const later = takeLaterMessage(server);
        server.sockets.all.at(-1)?.close(1001);
        await later;
        assert.equal(server.sockets.all.filter(({ open }) => open).length, 1);
      }
    },
  },
  {
    ...info,
    transports: both,
    id: "client-sends-credentials",
    title: "sends its headers with the upgrade, or with each request",
    requirements: ["W-69"],
    async run(context) {
      const authorization = `Basic ${Buffer.from("agent:secret").toString("base64")}`;
      const { server } = await startSession(context, { headers: { authorization } });
      const attempts = context.transport === "http" ? server.requests : server.upgrades;
      assert.equal((await attempts.take()).headers.authorization, authorization);
    },
  },
  {
    ...info,
    transports: both,
    id: "client-shows-refused-credentials",
    title: "tells the application that its credentials were refused, and tries again",
    requirements: ["L-20"],
    async run(context) {
      const server = await context.serve();
      server.onNextAttempts({ kind: "status", status: 401 });
      const client = await context.start(server);
      const event = await client.events.take({ where: ({ kind }) => kind === "connect-failed" });
      assert.deepEqual(event, { kind: "connect-failed", code: "unauthorized" });
      await server.messages.take();
    },
  },
];
