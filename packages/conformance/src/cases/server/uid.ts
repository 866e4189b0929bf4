import assert from "node:assert/strict";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { hex, utf8 } from "../bytes.ts";
import { both, overWebSocket } from "../transports.ts";
import { assertBadRequest, assertNothingDelivered, messageOf } from "./checks.ts";

const info = { side: "server", transports: both } as const;

/** Cases about uids, and several agents on one WebSocket. */
export const uidCases: readonly ServerCase[] = [
  ...[
    { name: "8 bytes", uid: new Uint8Array(8).fill(1), requirement: "S-126" as const },
    { name: "no bytes", uid: new Uint8Array(), requirement: "S-126" as const },
    {
      name: "36 bytes of text",
      uid: utf8("0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d"),
      requirement: "L-28" as const,
    },
  ].map(
    ({ name, uid, requirement }): ServerCase => ({
      ...info,
      id: `server-refuses-uid-of-${name.replaceAll(" ", "-")}`,
      title: `answers BAD_REQUEST to a uid of ${name}`,
      requirements: [requirement],
      async run(context) {
        const server = await context.start();
        const agent = await server.connect();
        assertBadRequest(await agent.exchange({ instanceUid: uid }));
        await assertNothingDelivered(server);
      },
    }),
  ),
  {
    ...info,
    id: "server-names-no-uid-it-does-not-know",
    title: "answers without a uid to bytes that are no message",
    requirements: ["S-127"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const answer = await agent.exchangeBytes(Uint8Array.of(0xff, 0xff, 0xff));
      assertBadRequest(answer);
      assert.equal(messageOf(answer).instanceUid.length, 0);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-tells-agents-on-one-socket-apart",
    title: "answers several agents on one WebSocket, each with its uid",
    requirements: ["W-23"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const other = Uint8Array.from(agent.instanceUid, (byte) => byte ^ 1);
      for (const uid of [agent.instanceUid, other, agent.instanceUid]) {
        const answer = await agent.exchange({ instanceUid: uid });
        assert.equal(hex(messageOf(answer).instanceUid), hex(uid));
      }
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-introduces-itself-to-each-agent-on-a-socket",
    title: "tells its capabilities to each of several agents on one WebSocket",
    requirements: ["S-159"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const other = Uint8Array.from(agent.instanceUid, (byte) => byte ^ 1);
      for (const instanceUid of [agent.instanceUid, other]) {
        assert.notEqual(messageOf(await agent.exchange({ instanceUid })).capabilities, 0n);
      }
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-keeps-agents-on-one-socket-independent",
    title: "delivers what each of several agents on one WebSocket says as its own",
    requirements: ["W-71"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const other = Uint8Array.from(agent.instanceUid, (byte) => byte ^ 1);
      const capabilities = [0x1n, 0x3n];
      await agent.exchange({ sequenceNum: 5n, capabilities: 0x1n });
      await agent.exchange({ instanceUid: other, sequenceNum: 70n, capabilities: 0x3n });
      const { all } = server.application.delivered;
      assert.deepEqual(
        all.map(({ instanceUid }) => hex(instanceUid)),
        [agent.instanceUid, other].map(hex),
      );
      assert.deepEqual(
        all.map((message) => message.sequenceNum),
        [5n, 70n],
      );
      assert.deepEqual(
        all.map((message) => message.capabilities),
        capabilities,
      );
    },
  },
];
