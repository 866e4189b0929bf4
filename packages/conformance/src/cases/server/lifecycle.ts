import assert from "node:assert/strict";
import { encodeFrame } from "@opamp/protocol";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { both, overHttp, overWebSocket } from "../transports.ts";
import { messageOf } from "./checks.ts";

const info = { side: "server", transports: overWebSocket } as const;
const goodbye = { agentDisconnect: {} };

/** Cases about the end of connections. */
export const lifecycleCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-disconnects-with-a-close-frame",
    title: "ends a WebSocket with a close frame",
    requirements: ["S-134"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connectWebSocket();
      await agent.exchange();
      await server.application.disconnect();
      assert.equal((await agent.socket.closed).code, 1000);
    },
  },
  {
    ...info,
    id: "server-shuts-down-with-close-frames",
    title: "ends each WebSocket with a close frame when it shuts down",
    requirements: ["S-134", "L-29"],
    async run(context) {
      const server = await context.start();
      const agents = [await server.connectWebSocket(), await server.connectWebSocket()];
      for (const agent of agents) await agent.exchange();
      await server.application.close();
      for (const { socket } of agents) {
        const { code } = await socket.closed;
        assert.ok(code === 1000 || code === 1001, `the close code is ${code}`);
      }
    },
  },
  {
    ...info,
    transports: overHttp,
    id: "server-notices-goodbye-over-http",
    title: "takes an agent that says goodbye over HTTP for disconnected at once",
    requirements: ["S-135"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      await agent.exchange();
      await agent.exchange(goodbye);
      await server.application.events.take({
        what: "the news that the agent said goodbye",
        where: (event) => event.kind === "disconnected" && event.agentDisconnect,
      });
    },
  },
  {
    ...info,
    id: "server-forgets-the-stream-of-a-gone-agent",
    title: "sends nothing to an agent that said goodbye",
    requirements: ["S-137"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connectWebSocket();
      await agent.exchange();
      const push = () => server.application.push({ instanceUid: agent.instanceUid, flags: 1n });
      await push();
      assert.equal((await agent.socket.received.take()).message?.flags, 1n);
      await agent.exchange(goodbye);
      await assert.rejects(push());
    },
  },
  {
    ...info,
    id: "server-forgets-all-agents-of-a-closed-stream",
    title: "sends nothing to any of the agents of a WebSocket that has closed",
    requirements: ["S-138"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connectWebSocket();
      const other = Uint8Array.from(agent.instanceUid, (byte) => byte ^ 1);
      await agent.exchange();
      await agent.exchange({ instanceUid: other });
      agent.socket.cut();
      await server.application.events.take({ where: ({ kind }) => kind === "disconnected" });
      for (const instanceUid of [agent.instanceUid, other]) {
        await assert.rejects(server.application.push({ instanceUid, flags: 1n }));
      }
    },
  },
  {
    ...info,
    id: "server-survives-agents-that-leave-before-the-answer",
    title: "serves on when an agent says goodbye and is gone before the answer",
    requirements: ["S-140"],
    async run(context) {
      const server = await context.start();
      const leaving = await server.connectWebSocket();
      await leaving.exchange();
      await leaving.socket.send(encodeFrame(leaving.encode(goodbye)));
      leaving.socket.cut();
      await server.application.events.take({ where: ({ kind }) => kind === "disconnected" });
      const { events } = server.application;
      assert.ok(events.all.every(({ kind }) => kind !== "not-sent" && kind !== "unreadable"));
      assert.equal(messageOf(await (await server.connect()).exchange()).errorResponse, undefined);
    },
  },
];

const token = "Bearer of-an-agent";

/** Cases about who may connect. */
export const authenticationCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-authenticates-before-the-upgrade",
    title: "opens no WebSocket for an agent without credentials",
    requirements: ["S-147"],
    async run(context) {
      const server = await context.start({ turnAway: unlessAuthorized });
      assert.equal((await server.openWebSocket()).opened, false);
    },
  },
  {
    ...info,
    id: "server-answers-401-to-an-upgrade",
    title: "answers an upgrade without credentials with 401",
    requirements: ["S-148"],
    async run(context) {
      const server = await context.start({ turnAway: unlessAuthorized });
      const handshake = await server.openWebSocket({ headers: { authorization: "Bearer other" } });
      assert.ok(!handshake.opened);
      assert.equal(handshake.status, 401);
    },
  },
  {
    ...info,
    transports: overHttp,
    id: "server-answers-401-to-a-request",
    title: "answers a request without credentials with 401, and does not process it",
    requirements: ["S-148"],
    async run(context) {
      const server = await context.start({ turnAway: unlessAuthorized });
      const { status } = await server.post((await server.connect()).encode());
      assert.equal(status, 401);
      assert.equal(server.application.delivered.all.length, 0);
    },
  },
  {
    ...info,
    transports: both,
    id: "server-takes-credentials-from-headers",
    title: "lets in an agent whose headers carry its credentials, and no other",
    requirements: ["W-69"],
    async run(context) {
      const server = await context.start({ turnAway: unlessAuthorized });
      const agent = await server.connect({ headers: { authorization: token } });
      messageOf(await agent.exchange());
      await assert.rejects(async () => messageOf(await (await server.connect()).exchange()));
    },
  },
];

function unlessAuthorized(
  headers: Readonly<Record<string, unknown>>,
): { readonly status: number } | undefined {
  return headers.authorization === token ? undefined : { status: 401 };
}
