import assert from "node:assert/strict";
import { decodeFrame, decodeServerToAgent, encodeFrame } from "@opamp/protocol";
import { concat, fieldNumbers } from "../../raw/wire.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import type { ServerCaseContext } from "../../runner/server-case-context.ts";
import { hex, utf8 } from "../bytes.ts";
import { overWebSocket } from "../transports.ts";
import { assertDelivered, assertNotTaken, messageOf } from "./checks.ts";

const info = { side: "server", transports: overWebSocket } as const;

/** The longest varint of the value 0. */
const tenByteZero = Uint8Array.of(...new Uint8Array(9).fill(0x80), 0);

/** Cases about the header before each message on WebSocket. */
export const framingCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-sends-zero-headers",
    title: "begins each frame with the header 0",
    requirements: ["W-09"],
    async run(context) {
      for (const frame of await framesOfSession(context)) assert.equal(frame[0], 0);
    },
  },
  {
    ...info,
    id: "server-sends-one-message-per-frame",
    title: "sends exactly one ServerToAgent in each frame",
    requirements: ["W-04"],
    async run(context) {
      for (const frame of await framesOfSession(context)) {
        assert.equal(decodeServerToAgent(decodeFrame(frame)).instanceUid.length, 16);
        const uids = fieldNumbers(frame.subarray(1)).filter((field) => field === 1);
        assert.equal(uids.length, 1, "several messages in one frame");
      }
    },
  },
  {
    ...info,
    id: "server-frames-what-it-pushes",
    title: "sends what it pushes as one message behind the header 0",
    requirements: ["W-04", "W-09"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connectWebSocket();
      await agent.exchange();
      await server.application.push({ instanceUid: agent.instanceUid, flags: 1n });
      const { bytes, binary } = await agent.socket.received.take();
      assert.ok(binary);
      assert.equal(bytes[0], 0);
      assert.equal(
        hex(decodeServerToAgent(decodeFrame(bytes)).instanceUid),
        hex(agent.instanceUid),
      );
    },
  },
  {
    ...info,
    id: "server-sends-binary-frames",
    title: "sends its messages as binary WebSocket messages",
    requirements: ["W-03"],
    async run(context) {
      const agent = await (await context.start()).connectWebSocket();
      await agent.exchange();
      assert.deepEqual(
        agent.socket.received.all.map(({ binary }) => binary),
        [true],
      );
    },
  },
  {
    ...info,
    id: "server-refuses-text-frames",
    title: "does not take a text message for an AgentToServer",
    requirements: ["W-03"],
    async run(context) {
      const server = await context.start();
      // Text has to be UTF-8: this message is, with a uid of letters.
      const agent = await server.connectWebSocket({ instanceUid: utf8("a uid in letters") });
      const frame = encodeFrame(agent.encode());
      await assertNotTaken(server, agent, () => agent.socket.sendText(frame));
    },
  },
  ...[
    { name: "one-byte", header: Uint8Array.of(1) },
    { name: "two-byte", header: Uint8Array.of(0x80, 0x01) },
  ].map(
    ({ name, header }): ServerCase => ({
      ...info,
      id: `server-refuses-${name}-header`,
      title: `takes a frame with a ${name} header other than 0 for malformed`,
      requirements: ["W-10"],
      async run(context) {
        const server = await context.start();
        const agent = await server.connectWebSocket();
        const frame = concat(header, agent.encode());
        await assertNotTaken(server, agent, () => agent.socket.send(frame));
      },
    }),
  ),
  {
    ...info,
    id: "server-reads-long-zero-headers",
    title: "finds the end of a header 0 that takes more bytes than one",
    requirements: ["W-11"],
    run: (context) => assertHeaderIsRead(context, Uint8Array.of(0x80, 0)),
  },
  {
    ...info,
    id: "server-reads-ten-byte-headers",
    title: "reads a header of ten bytes",
    requirements: ["W-08"],
    run: (context) => assertHeaderIsRead(context, tenByteZero),
  },
  {
    ...info,
    id: "server-reads-whole-remainder",
    title: "takes all bytes behind the header for the message",
    requirements: ["W-12"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const data = new Uint8Array(100_000).fill(7);
      await agent.exchange({ customMessage: { capability: "org.example", type: "t", data } });
      const { customMessage } = await server.application.delivered.take();
      assert.ok(Buffer.from(data).equals(customMessage?.data ?? utf8("")));
    },
  },
  ...[
    { name: "empty", frame: new Uint8Array() },
    { name: "unterminated", frame: Uint8Array.of(0x80) },
    { name: "overlong", frame: new Uint8Array(11).fill(0x80) },
  ].map(
    ({ name, frame }): ServerCase => ({
      ...info,
      id: `server-survives-${name}-header`,
      title: `takes a frame with an ${name} header for malformed, and serves on`,
      requirements: ["W-14"],
      async run(context) {
        const server = await context.start();
        const agent = await server.connectWebSocket();
        await assertNotTaken(server, agent, () => agent.socket.send(frame));
      },
    }),
  ),
  {
    ...info,
    id: "server-joins-fragments",
    title: "takes a fragmented WebSocket message for one frame",
    requirements: ["W-12"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connectWebSocket();
      const frame = encodeFrame(agent.encode());
      await agent.socket.sendFragments([
        frame.subarray(0, 1),
        frame.subarray(1, 9),
        frame.subarray(9),
      ]);
      const { message } = await agent.socket.received.take();
      assert.equal(hex(message?.instanceUid), hex(agent.instanceUid));
    },
  },
];

async function framesOfSession(context: ServerCaseContext): Promise<readonly Uint8Array[]> {
  const server = await context.start();
  const agent = await server.connectWebSocket();
  await agent.exchange();
  await agent.exchange({ health: { healthy: true } });
  return agent.socket.received.all.map(({ bytes }) => bytes);
}

async function assertHeaderIsRead(context: ServerCaseContext, header: Uint8Array): Promise<void> {
  const server = await context.start();
  const agent = await server.connectWebSocket();
  await agent.socket.send(concat(header, agent.encode()));
  const answer = messageOf(await agent.socket.received.take());
  assert.equal(answer.errorResponse, undefined);
  assert.equal(hex(answer.instanceUid), hex(agent.instanceUid));
  assertDelivered(server, 1);
}
