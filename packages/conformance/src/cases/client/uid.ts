import assert from "node:assert/strict";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { hex } from "../bytes.ts";
import { both, overWebSocket } from "../transports.ts";
import {
  hearMore,
  messagesOf,
  startSession,
  takeFullState,
  takeLaterMessage,
  takeMessage,
} from "./session.ts";

const info = { side: "client", transports: both } as const;
const assigned = Uint8Array.from({ length: 16 }, (_, i) => (i === 6 ? 0x70 : 0x80 + i));

/** Cases about the instance uid. */
export const uidCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-uid-has-16-bytes",
    title: "sends a uid of 16 bytes in each message",
    requirements: ["C-32"],
    async run(context) {
      const { server } = await startSession(context);
      await hearMore(server);
      for (const { instanceUid } of messagesOf(server)) assert.equal(instanceUid.length, 16);
    },
  },
  {
    ...info,
    id: "client-uid-is-uuid-v7",
    title: "generates its uid as a UUID v7",
    requirements: ["C-33"],
    async run(context) {
      const { first } = await startSession(context);
      assert.equal((first.instanceUid[6] ?? 0) >> 4, 7);
      assert.equal((first.instanceUid[8] ?? 0) >> 6, 0b10);
    },
  },
  {
    ...info,
    id: "client-uid-is-unique",
    title: "generates another uid for each client",
    requirements: ["C-34"],
    async run(context) {
      const server = await context.serve();
      const count = 3;
      for (let i = 0; i < count; i += 1) await context.start(server);
      for (let i = 0; i < count; i += 1) await takeMessage(server);
      const uids = new Set(messagesOf(server).map(({ instanceUid }) => hex(instanceUid)));
      assert.equal(uids.size, count);
    },
  },
  {
    ...info,
    id: "client-uses-the-uid-it-is-given",
    title: "uses the uid that the agent chose",
    requirements: ["C-02"],
    async run(context) {
      const { first } = await startSession(context, { instanceUid: assigned });
      assert.equal(hex(first.instanceUid), hex(assigned));
    },
  },
  {
    ...info,
    id: "client-keeps-its-uid",
    title: "keeps its uid when the connection breaks",
    requirements: ["C-35"],
    async run(context) {
      const { server, first } = await startSession(context);
      server.onNextMessages({ kind: "drop" });
      await server.say({ flags: 1n });
      await takeMessage(server);
      assert.equal(hex((await takeMessage(server)).instanceUid), hex(first.instanceUid));
    },
  },
  {
    ...info,
    id: "client-asks-for-a-uid-under-a-temporary-one",
    title: "puts a temporary uid of 16 bytes into the message that asks for one",
    requirements: ["C-36"],
    async run(context) {
      const { first } = await startSession(context, { flags: ["RequestInstanceUid"] });
      assert.equal(first.instanceUid.length, 16);
      assert.notEqual(first.flags & 1n, 0n);
    },
  },
  {
    ...info,
    id: "client-asks-for-a-uid-until-it-gets-one",
    title: "sets RequestInstanceUid until the server assigns a uid",
    requirements: ["C-37"],
    async run(context) {
      const { server, first } = await startSession(context, { flags: ["RequestInstanceUid"] });
      assert.equal(first.flags, 1n);
      assert.equal((await takeFullState(server)).flags, 1n);
    },
  },
  {
    ...info,
    id: "client-asks-for-a-uid-once",
    title: "clears RequestInstanceUid once a uid is assigned",
    requirements: ["C-40"],
    async run(context) {
      const { server } = await startSession(context, { flags: ["RequestInstanceUid"] });
      await server.say({ agentIdentification: { newInstanceUid: assigned } });
      const { flags } = await takeWithUid(server, assigned);
      assert.equal(flags & 1n, 0n);
    },
  },
  {
    ...info,
    id: "client-adopts-an-assigned-uid",
    title: "uses an assigned uid in every later message",
    requirements: ["C-38"],
    async run(context) {
      const { server } = await startSession(context);
      await server.say({ agentIdentification: { newInstanceUid: assigned }, flags: 1n });
      await takeWithUid(server, assigned);
      const seen = server.messages.all.length;
      await takeFullState(server);
      await takeFullState(server);
      for (const { instanceUid } of messagesOf(server).slice(seen)) {
        assert.equal(hex(instanceUid), hex(assigned));
      }
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-keeps-an-assigned-uid-over-a-reconnect",
    title: "uses an assigned uid after a reconnect",
    requirements: ["C-38"],
    async run(context) {
      const { server } = await startSession(context);
      await server.say({ agentIdentification: { newInstanceUid: assigned }, flags: 1n });
      await takeWithUid(server, assigned);
      const later = takeLaterMessage(server);
      server.sockets.all[0]?.cut();
      assert.equal(hex((await later).instanceUid), hex(assigned));
    },
  },
  ...[15, 17, 0].map(
    (length): ClientCase => ({
      ...info,
      id: `client-ignores-an-assigned-uid-of-${length}-bytes`,
      title: `ignores an assigned uid of ${length} bytes, and keeps its own`,
      requirements: ["C-39"],
      async run(context) {
        const { server, first } = await startSession(context);
        const newInstanceUid = new Uint8Array(length).fill(1);
        await server.say({ agentIdentification: { newInstanceUid } });
        assert.equal(hex((await takeFullState(server)).instanceUid), hex(first.instanceUid));
        await server.say({ agentIdentification: { newInstanceUid: assigned }, flags: 1n });
        await takeWithUid(server, assigned);
      },
    }),
  ),
];

async function takeWithUid(
  server: Parameters<typeof takeMessage>[0],
  uid: Uint8Array,
): ReturnType<typeof takeMessage> {
  const { message } = await server.messages.take({
    what: "a message with the assigned uid",
    where: (received) => hex(received.message?.instanceUid) === hex(uid),
  });
  assert.ok(message);
  return message;
}
