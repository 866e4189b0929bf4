import assert from "node:assert/strict";
import type { ServerToAgentInit } from "@opamp/protocol";
import type { RawServer } from "../../raw/raw-server.ts";
import type { ReceivedMessage } from "../../raw/received-message.ts";
import { fieldNumbers } from "../../raw/wire.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { overWebSocket } from "../transports.ts";
import { processed, startSession, takeFullState, takeMessage } from "./session.ts";

const info = { side: "client", transports: overWebSocket } as const;
const beating = { capabilities: ["ReportsHeartbeat"], intervalMs: 20 } as const;

/** Cases about heartbeats on WebSocket. */
export const heartbeatCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-sends-heartbeats",
    title: "sends heartbeats while it is idle",
    requirements: ["C-73"],
    async run(context) {
      const { server } = await startSession(context, beating);
      await takeMessage(server);
    },
  },
  {
    ...info,
    id: "client-sends-a-heartbeat-each-period",
    title: "sends one heartbeat after the other for as long as it lives",
    requirements: ["C-80", "C-81"],
    async run(context) {
      const { server } = await startSession(context, beating);
      for (let beats = 0; beats < 10; beats += 1) await takeMessage(server);
    },
  },
  {
    ...info,
    id: "client-heartbeats-carry-the-uid",
    title: "sends the uid, and no status parts, in a heartbeat",
    requirements: ["C-77"],
    async run(context) {
      const { server } = await startSession(context, beating);
      const { encoded, message } = await server.messages.take();
      assert.equal(message?.instanceUid.length, 16);
      assert.deepEqual(
        fieldNumbers(encoded).filter((field) => ![1, 2, 4].includes(field)),
        [],
      );
    },
  },
  {
    ...info,
    id: "client-beats-at-the-offered-interval",
    title: "sends heartbeats at the interval that the server offers",
    requirements: ["C-75"],
    async run(context) {
      const { server } = await startSession(context, {
        wishes: { capabilities: ["ReportsHeartbeat"], intervalMs: 60_000 },
      });
      await server.say(offerOf(1n, server.url("websocket")));
      const { atMs: firstAtMs } = await takeBeat(server);
      await takeBeat(server);
      const gapMs = (await takeBeat(server)).atMs - firstAtMs;
      assert.ok(gapMs > 1200, `three heartbeats came within ${gapMs} ms`);
    },
  },
  {
    ...info,
    id: "client-stops-beating-at-interval-0",
    title: "sends no heartbeats once the server offers the interval 0",
    requirements: ["C-76", "L-22"],
    async run(context) {
      const session = await startSession(context, beating);
      const { server } = session;
      await takeMessage(server);
      await server.say(offerOf(0n));
      await processed(session);
      // One may have been on its way.
      await context.watch(60);
      const seen = server.messages.all.length;
      await context.watch(150);
      assert.equal(server.messages.all.length, seen);
    },
  },
  {
    ...info,
    id: "client-keeps-its-interval-without-an-opamp-block",
    title: "keeps its interval when an offer says nothing about the OpAMP connection",
    requirements: ["L-22", "C-109"],
    async run(context) {
      const session = await startSession(context, beating);
      const { server } = session;
      const ownMetrics = { destinationEndpoint: "https://metrics.example.com/v1/metrics" };
      await server.say({ connectionSettings: { hash: Uint8Array.of(1), ownMetrics } });
      await processed(session);
      for (let beats = 0; beats < 3; beats += 1) await takeMessage(server);
    },
  },
  {
    ...info,
    id: "client-may-leave-heartbeats-out",
    title: "sends no heartbeats without ReportsHeartbeat",
    requirements: ["C-82", "L-22"],
    async run(context) {
      const { server } = await startSession(context, { ...beating, capabilities: [] });
      await takeFullState(server);
      const seen = server.messages.all.length;
      await context.watch(150);
      assert.equal(server.messages.all.length, seen);
    },
  },
];

/** The next message without any part of the status. */
function takeBeat(server: RawServer): Promise<ReceivedMessage> {
  return server.messages.take({
    what: "a heartbeat",
    where: ({ encoded }) => fieldNumbers(encoded).every((field) => [1, 2, 4].includes(field)),
  });
}

function offerOf(
  heartbeatIntervalSeconds: bigint,
  destinationEndpoint = "ws://opamp.example.com/v1/opamp",
): ServerToAgentInit {
  const opamp = { destinationEndpoint, heartbeatIntervalSeconds };
  return { connectionSettings: { hash: Uint8Array.of(1), opamp } };
}
