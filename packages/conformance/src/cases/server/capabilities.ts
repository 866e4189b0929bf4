import assert from "node:assert/strict";
import { ServerCapabilities, type ServerCapability } from "@opamp/protocol";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { both, overWebSocket } from "../transports.ts";
import { errorOf, messageOf } from "./checks.ts";

const info = { side: "server", transports: both } as const;
const every = Object.keys(ServerCapabilities) as ServerCapability[];

/** Cases about the capabilities of a server, and of the agents it meets. */
export const capabilityCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-sets-no-undefined-capability",
    title: "sets no capability bit that is not defined",
    requirements: ["S-44", "W-77"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const { capabilities } = messageOf(await agent.exchange());
      assert.notEqual(capabilities, 0n);
      assert.equal(capabilities & ~0x7fn, 0n);
    },
  },
  {
    ...info,
    id: "server-drops-undefined-capabilities-of-its-application",
    title: "sets no capability bit that is not defined, not even when its application does",
    requirements: ["S-44", "S-152", "W-77"],
    async run(context) {
      const server = await context.start({ capabilities: every });
      const agent = await server.connect();
      const { capabilities } = messageOf(await agent.exchange());
      assert.equal(capabilities & ~0x7fn, 0n);
      const message = { capabilities: 1n | (1n << 40n) };
      server.application.onNextMessages({ kind: "answer", message });
      assert.equal(messageOf(await agent.exchange()).capabilities & ~0x7fn, 0n);
    },
  },
  {
    ...info,
    id: "server-announces-its-capabilities",
    title: "sets the bit of each capability it has, as numbered by the protocol",
    requirements: ["W-27"],
    async run(context) {
      for (const [i, capability] of every.entries()) {
        const agent = await (await context.start({ capabilities: [capability] })).connect();
        const { capabilities } = messageOf(await agent.exchange());
        assert.equal((capabilities >> BigInt(i)) & 1n, 1n, `${capability} is not bit ${i}`);
      }
    },
  },
  {
    ...info,
    id: "server-always-accepts-status",
    title: "always has AcceptsStatus",
    requirements: ["S-45"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      assert.equal(messageOf(await agent.exchange()).capabilities & 1n, 1n);
    },
  },
  {
    ...info,
    id: "server-announces-capabilities-first",
    title: "tells its capabilities in the first answer of each connection",
    requirements: ["S-46"],
    async run(context) {
      const server = await context.start();
      const { instanceUid } = await server.connect();
      for (const agent of [
        await server.connect({ instanceUid }),
        await server.connect({ instanceUid }),
      ]) {
        assert.notEqual(messageOf(await agent.exchange()).capabilities, 0n);
      }
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-announces-capabilities-after-an-error",
    title: "tells its capabilities after an error took the first answer",
    requirements: ["S-46"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      server.application.onNextMessages({ kind: "throw" });
      errorOf(await agent.exchange());
      assert.notEqual(messageOf(await agent.exchange()).capabilities, 0n);
    },
  },
  {
    ...info,
    id: "server-serves-agents-without-optional-capabilities",
    title: "serves an agent that has nothing but ReportsStatus",
    requirements: ["W-26"],
    async run(context) {
      const agent = await (await context.start()).connect();
      for (const message of [{}, {}]) {
        assert.equal(messageOf(await agent.exchange(message)).errorResponse, undefined);
      }
    },
  },
  {
    ...info,
    id: "server-answers-unknown-bits",
    title: "answers a message with capability bits and flags that it does not know",
    requirements: ["W-79"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const bits = { capabilities: (1n << 40n) | 1n, flags: 1n << 50n };
      assert.equal(messageOf(await agent.exchange(bits)).errorResponse, undefined);
    },
  },
  {
    ...info,
    id: "server-tolerates-unknown-bits",
    title: "takes and delivers capability bits and flags that it does not know",
    requirements: ["W-79"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const capabilities = (1n << 40n) | 1n;
      const flags = 1n << 50n;
      assert.equal(
        messageOf(await agent.exchange({ capabilities, flags })).errorResponse,
        undefined,
      );
      const delivered = await server.application.delivered.take();
      assert.deepEqual([delivered.capabilities, delivered.flags], [capabilities, flags]);
    },
  },
  {
    ...info,
    id: "server-keeps-64-bit-masks",
    title: "delivers capabilities and flags beyond 2^53 without loss",
    requirements: ["W-85"],
    async run(context) {
      const server = await context.start();
      const bits = (1n << 63n) | (1n << 53n) | 1n;
      await (await server.connect()).exchange({ capabilities: bits, flags: bits });
      const delivered = await server.application.delivered.take();
      assert.deepEqual([delivered.capabilities, delivered.flags], [bits, bits]);
    },
  },
];
