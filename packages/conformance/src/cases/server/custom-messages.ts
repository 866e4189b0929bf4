import assert from "node:assert/strict";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { everyByte, hex, utf8 } from "../bytes.ts";
import { both, overWebSocket } from "../transports.ts";
import { messageOf } from "./checks.ts";
import { deliver } from "./deliver.ts";

const info = { side: "server", transports: both } as const;
const capability = "org.example.test/v2";

/** Cases about custom capabilities and messages. */
export const customMessageCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-announces-custom-capabilities",
    title: "announces its custom capabilities in its first answer",
    requirements: ["W-50"],
    async run(context) {
      const agent = await (await context.start({ customCapabilities: [capability] })).connect();
      const { customCapabilities } = messageOf(await agent.exchange());
      assert.deepEqual(customCapabilities?.capabilities, [capability]);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-announces-custom-capabilities-once",
    title: "does not repeat its custom capabilities while they stay the same",
    requirements: ["W-51"],
    async run(context) {
      const agent = await (await context.start({ customCapabilities: [capability] })).connect();
      assert.ok(messageOf(await agent.exchange()).customCapabilities);
      for (const message of [{}, { health: { healthy: true } }]) {
        assert.equal(messageOf(await agent.exchange(message)).customCapabilities, undefined);
      }
    },
  },
  {
    ...info,
    id: "server-tells-empty-custom-capabilities-from-none",
    title: "delivers an empty list of custom capabilities as one, and none as none",
    requirements: ["W-54"],
    async run(context) {
      const empty = await deliver(context, { customCapabilities: {} });
      assert.deepEqual(empty.customCapabilities?.capabilities, []);
      const none = await deliver(context, {});
      assert.equal(none.customCapabilities, undefined);
    },
  },
  ...[
    { name: "any bytes", data: everyByte },
    { name: "no bytes", data: new Uint8Array() },
  ].map(
    ({ name, data }): ServerCase => ({
      ...info,
      id: `server-delivers-custom-data-of-${name.replaceAll(" ", "-")}`,
      title: `delivers a custom message with ${name} as data`,
      requirements: ["W-60"],
      async run(context) {
        const { customMessage } = await deliver(context, {
          customMessage: { capability, type: "t", data },
        });
        assert.equal(hex(customMessage?.data), hex(data));
      },
    }),
  ),
  {
    ...info,
    id: "server-keeps-custom-types-apart-by-capability",
    title: "delivers equal types of two capabilities with their capability",
    requirements: ["W-59"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      for (const name of ["org.a.x", "org.b.x"]) {
        await agent.exchange({ customMessage: { capability: name, type: "t" } });
      }
      const delivered = server.application.delivered.all.map(({ customMessage }) => [
        customMessage?.capability,
        customMessage?.type,
      ]);
      assert.deepEqual(delivered, [
        ["org.a.x", "t"],
        ["org.b.x", "t"],
      ]);
    },
  },
  {
    ...info,
    id: "server-ignores-unknown-custom-messages",
    title: "answers a custom message of an unknown capability without an error, and serves on",
    requirements: ["W-56"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const customMessage = { capability: "org.unknown", type: "t", data: utf8("x") };
      for (const message of [{ customMessage }, {}]) {
        assert.equal(messageOf(await agent.exchange(message)).errorResponse, undefined);
      }
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-sends-custom-messages-in-order",
    title: "sends each of several custom messages in a message of its own, in order",
    requirements: ["W-61"],
    async run(context) {
      const server = await context.start({ customCapabilities: [capability] });
      const agent = await server.connectWebSocket();
      await agent.exchange({ customCapabilities: { capabilities: [capability] } });
      const types = ["first", "second", "third"];
      const { instanceUid } = agent;
      await Promise.all(
        types.map((type) =>
          server.application.push({ instanceUid, customMessage: { capability, type } }),
        ),
      );
      for (const type of types) {
        const { message } = await agent.socket.received.take();
        assert.equal(message?.customMessage?.type, type);
      }
    },
  },
];
