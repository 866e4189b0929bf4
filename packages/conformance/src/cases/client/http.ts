import assert from "node:assert/strict";
import { instanceUidFromBytes } from "@opamp/protocol";
import type { RawServer } from "../../raw/raw-server.ts";
import type { ReceivedMessage } from "../../raw/received-message.ts";
import { fieldNumbers } from "../../raw/wire.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { hex } from "../bytes.ts";
import { overHttp } from "../transports.ts";
import { messagesOf, startSession, takeMessage, takeReport } from "./session.ts";

const info = { side: "client", transports: overHttp } as const;
const health = { capabilities: ["ReportsHealth"], health: { healthy: true } } as const;

/** Cases about plain HTTP. */
export const httpCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-posts-messages-without-header",
    title: "posts a message that starts at the first byte of the body",
    requirements: ["W-18"],
    async run(context) {
      const { server } = await startSession(context);
      const { method, received } = await server.requests.take();
      assert.equal(method, "POST");
      assert.equal(fieldNumbers(received.bytes)[0], 1);
    },
  },
  {
    ...info,
    id: "client-polls",
    title: "polls without status parts when there is nothing to report",
    requirements: ["C-11"],
    async run(context) {
      const { server } = await startSession(context);
      for (let polls = 0; polls < 3; polls += 1) {
        const { encoded } = await server.messages.take();
        const others = fieldNumbers(encoded).filter((field) => ![1, 2, 4].includes(field));
        assert.deepEqual(others, []);
      }
    },
  },
  {
    ...info,
    id: "client-poll-interval-is-configurable",
    title: "polls at the interval it is told to",
    requirements: ["C-13"],
    async run(context) {
      const { server } = await startSession(context, { intervalMs: 500 });
      await takeMessage(server);
      await takeMessage(server);
      const [first, , third] = server.messages.all;
      const gapMs = (third?.atMs ?? 0) - (first?.atMs ?? 0);
      assert.ok(gapMs > 400, `two polls came within ${gapMs} ms`);
    },
  },
  ...[
    {
      id: "client-polls-at-the-accepted-interval",
      title: "polls at the interval of the connection settings that it accepts",
      requirement: "C-14" as const,
      capabilities: ["AcceptsOpAMPConnectionSettings", "ReportsHeartbeat"] as const,
    },
    {
      id: "client-polls-at-the-heartbeat-interval",
      title: "polls at the heartbeat interval that the server offers",
      requirement: "C-78" as const,
      capabilities: ["ReportsHeartbeat"] as const,
    },
  ].map(
    ({ id, title, requirement, capabilities }): ClientCase => ({
      ...info,
      id,
      title,
      requirements: [requirement],
      async run(context) {
        const server = await context.serve();
        const opamp = { destinationEndpoint: server.url("http"), heartbeatIntervalSeconds: 1n };
        const connectionSettings = { hash: Uint8Array.of(1), opamp };
        server.onNextMessages({ kind: "answer", message: { connectionSettings } });
        await context.start(server, { wishes: { intervalMs: 60_000, capabilities } });
        const { atMs: firstAtMs } = await takePoll(server);
        await takePoll(server);
        const gapMs = (await takePoll(server)).atMs - firstAtMs;
        assert.ok(gapMs > 1200, `three polls came within ${gapMs} ms`);
      },
    }),
  ),
  {
    ...info,
    id: "client-polls-on-after-interval-0",
    title: "goes on polling when the server offers the heartbeat interval 0",
    requirements: ["C-20", "L-22"],
    async run(context) {
      const capabilities = ["AcceptsOpAMPConnectionSettings", "ReportsHeartbeat"] as const;
      const { server } = await startSession(context, { wishes: { capabilities } });
      const opamp = { destinationEndpoint: server.url("http"), heartbeatIntervalSeconds: 0n };
      await server.say({ connectionSettings: { hash: Uint8Array.of(1), opamp } });
      for (let polls = 0; polls < 5; polls += 1) await takeMessage(server);
    },
  },
  {
    ...info,
    id: "client-has-one-request-in-flight",
    title: "waits for the response before it makes the next request",
    requirements: ["C-15"],
    async run(context) {
      const { server, client } = await startSession(context, { ...health, intervalMs: 20 });
      const released = Promise.withResolvers<void>();
      server.onNextMessages({ kind: "hold", until: released.promise });
      await takeMessage(server);
      client.setHealth({ healthy: false });
      client.setHealth({ healthy: false, status: "worse" });
      await context.watch(100);
      released.resolve();
      assert.equal((await takeReport(server, "health")).health.status, "worse");
      assert.equal(server.maxRequestsInFlight, 1);
    },
  },
  {
    ...info,
    id: "client-reports-right-after-the-response",
    title: "reports what changed meanwhile right after the response",
    requirements: ["C-16"],
    async run(context) {
      const server = await context.serve();
      const released = Promise.withResolvers<void>();
      server.onNextMessages({ kind: "hold", until: released.promise });
      const client = await context.start(server, { ...health, intervalMs: 60_000 });
      await takeMessage(server);
      client.setHealth({ healthy: false });
      released.resolve();
      assert.equal((await takeReport(server, "health")).health.healthy, false);
    },
  },
  {
    ...info,
    id: "client-sets-content-type",
    title: "sets the content type application/x-protobuf on each request",
    requirements: ["C-17"],
    async run(context) {
      const { server } = await startSession(context);
      await takeMessage(server);
      for (const { headers } of server.requests.all) {
        assert.equal(headers["content-type"], "application/x-protobuf");
      }
    },
  },
  {
    ...info,
    id: "client-sets-uid-header",
    title: "sets the OpAMP-Instance-UID header to the text form of the uid in the body",
    requirements: ["C-18", "W-72"],
    async run(context) {
      const { server } = await startSession(context);
      for (const { headers, received } of server.requests.all) {
        const uid = instanceUidFromBytes(received.message?.instanceUid ?? new Uint8Array());
        assert.equal(headers["opamp-instance-uid"], uid);
      }
    },
  },
  {
    ...info,
    id: "client-changes-uid-header",
    title: "changes the OpAMP-Instance-UID header together with the uid",
    requirements: ["C-19"],
    async run(context) {
      const { server, first } = await startSession(context);
      const newInstanceUid = Uint8Array.from(first.instanceUid, (byte) => byte ^ 1);
      await server.say({ agentIdentification: { newInstanceUid } });
      const { headers } = await server.requests.take({
        where: ({ received }) => hex(received.message?.instanceUid) === hex(newInstanceUid),
      });
      assert.equal(headers["opamp-instance-uid"], instanceUidFromBytes(newInstanceUid));
    },
  },
  {
    ...info,
    id: "client-gives-keep-alive-no-meaning",
    title: "goes on as if nothing had happened when the server closes the TCP connection",
    requirements: ["W-20"],
    async run(context) {
      const { server, client } = await startSession(context, health);
      server.onNextMessages({ kind: "close", code: 1000 }, { kind: "close", code: 1000 });
      for (let polls = 0; polls < 4; polls += 1) await takeMessage(server);
      const sequence = messagesOf(server).map(({ sequenceNum }) => sequenceNum);
      for (const [i, number] of sequence.entries())
        assert.equal(number, (sequence[0] ?? 0n) + BigInt(i));
      assert.ok(client.events.all.every(({ kind }) => kind === "connected"));
    },
  },
];

/** The next message without any part of the status. */
function takePoll(server: RawServer): Promise<ReceivedMessage> {
  return server.messages.take({
    what: "a poll",
    where: ({ encoded }) => fieldNumbers(encoded).every((field) => [1, 2, 4].includes(field)),
  });
}
