import assert from "node:assert/strict";
import type { AgentToServer } from "@opamp/protocol";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { both, overHttp, overWebSocket } from "../transports.ts";
import { probe, withProbe } from "./probe.ts";
import {
  messagesOf,
  processed,
  startSession,
  takeFullState,
  takeLaterMessage,
  takeMessage,
} from "./session.ts";

const info = { side: "client", transports: both } as const;
const health = {
  capabilities: ["ReportsHealth", "ReportsHeartbeat"],
  health: { healthy: true },
} as const;

/** Cases about sequence numbers. */
export const sequenceCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-counts-reports",
    title: "raises the sequence number by one with each report",
    requirements: ["C-41"],
    async run(context) {
      const { server } = await startSession(context);
      for (let reports = 0; reports < 3; reports += 1) await takeFullState(server);
      assertConsecutive(messagesOf(server), 4);
    },
  },
  {
    ...info,
    id: "client-counts-by-one",
    title: "raises the sequence number by one with each message, the last one included",
    requirements: ["C-41"],
    async run(context) {
      const { server, client } = await startSession(context, health);
      for (const status of ["a", "b", "c"]) client.setHealth({ healthy: true, status });
      await takeFullState(server);
      await client.stop();
      assertConsecutive(messagesOf(server), 3);
    },
  },
  {
    ...info,
    id: "client-counts-custom-messages",
    title: "counts custom messages",
    requirements: ["C-42"],
    async run(context) {
      const { server, client } = await startSession(context, withProbe);
      await server.say({
        customCapabilities: { capabilities: withProbe.customCapabilities ?? [] },
      });
      await processed({ server, client });
      await client.sendCustomMessage(probe().customMessage);
      await takeFullState(server);
      assertConsecutive(messagesOf(server), 3);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-counts-heartbeats",
    title: "counts heartbeats",
    requirements: ["C-42"],
    async run(context) {
      const { server } = await startSession(context, { ...health, intervalMs: 20 });
      for (let beats = 0; beats < 3; beats += 1) await takeMessage(server);
      assertConsecutive(messagesOf(server), 4);
    },
  },
  {
    ...info,
    transports: overHttp,
    id: "client-counts-polls",
    title: "counts polls",
    requirements: ["C-42"],
    async run(context) {
      const { server } = await startSession(context);
      for (let polls = 0; polls < 3; polls += 1) await takeMessage(server);
      assertConsecutive(messagesOf(server), 4);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-counts-on-over-a-reconnect",
    title: "continues to count after a reconnect",
    requirements: ["C-43"],
    async run(context) {
      const { server } = await startSession(context);
      await takeFullState(server);
      const later = takeLaterMessage(server);
      server.sockets.all[0]?.cut();
      await later;
      assertConsecutive(messagesOf(server), 3);
    },
  },
];

function assertConsecutive(messages: readonly AgentToServer[], atLeast: number): void {
  assert.ok(messages.length >= atLeast, `only ${messages.length} messages came`);
  const numbers = messages.map(({ sequenceNum }) => sequenceNum);
  const first = numbers[0] ?? 0n;
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => first + BigInt(i)),
  );
}
