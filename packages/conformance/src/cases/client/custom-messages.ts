import assert from "node:assert/strict";
import type { ClientCaseContext } from "../../runner/client-case-context.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { everyByte, hex } from "../bytes.ts";
import { both } from "../transports.ts";
import { probe, probeCapability, probesOf, takeProbe, withProbe } from "./probe.ts";
import {
  type ClientSession,
  messagesOf,
  processed,
  startSession,
  takeFullState,
  takeReport,
} from "./session.ts";

const info = { side: "client", transports: both } as const;
const other = "org.example.other";

/** Cases about custom capabilities and messages. */
export const customMessageCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-announces-custom-capabilities",
    title: "announces its custom capabilities in its first message",
    requirements: ["W-50"],
    async run(context) {
      const { first } = await startSession(context, withProbe);
      assert.deepEqual(first.customCapabilities?.capabilities, [probeCapability]);
    },
  },
  {
    ...info,
    id: "client-announces-custom-capabilities-once",
    title: "does not repeat its custom capabilities while they stay the same",
    requirements: ["W-51"],
    async run(context) {
      const settings = { ...withProbe, capabilities: ["ReportsHealth"], health: {} } as const;
      const { server, client } = await startSession(context, settings);
      await takeFullState(server);
      client.setHealth({ healthy: true });
      assert.equal((await takeReport(server, "health")).customCapabilities, undefined);
    },
  },
  {
    ...info,
    id: "client-repeats-custom-capabilities-in-full-state",
    title: "reports its custom capabilities with its full state",
    requirements: ["C-205"],
    async run(context) {
      const { server } = await startSession(context, withProbe);
      const state = await takeFullState(server);
      assert.deepEqual(state.customCapabilities?.capabilities, [probeCapability]);
    },
  },
  {
    ...info,
    id: "client-withdraws-custom-capabilities",
    title: "withdraws its custom capabilities by an empty list, which is not none",
    requirements: ["W-54"],
    async run(context) {
      const { server, client } = await startSession(context, withProbe);
      client.setCustomCapabilities([]);
      const report = await takeReport(server, "customCapabilities");
      assert.deepEqual(report.customCapabilities.capabilities, []);
    },
  },
  {
    ...info,
    id: "client-follows-custom-capabilities-of-the-server",
    title: "sends no message of a custom capability that a newer list of the server left out",
    requirements: ["W-52"],
    async run(context) {
      const { server, client } = await announced(context, [probeCapability, other]);
      await client.sendCustomMessage({ capability: probeCapability, type: "before" });
      await takeReport(server, "customMessage");
      await server.say({ customCapabilities: { capabilities: [other] } });
      await processed({ server, client });
      await assert.rejects(
        client.sendCustomMessage({ capability: probeCapability, type: "after" }),
      );
      assert.deepEqual(customTypes({ server }), ["before"]);
    },
  },
  {
    ...info,
    id: "client-sends-no-unsupported-custom-messages",
    title: "sends no custom message to a server that announced no custom capability",
    requirements: ["W-53"],
    async run(context) {
      const session = await startSession(context);
      const { server, client } = session;
      await processed(session);
      await assert.rejects(client.sendCustomMessage(probe().customMessage));
      await takeFullState(server);
      assert.deepEqual(customTypes({ server }), []);
    },
  },
  {
    ...info,
    id: "client-matches-custom-capabilities-exactly",
    title: "takes capabilities of another version for other ones, both ways",
    requirements: ["W-58"],
    async run(context) {
      const { server, client } = await announced(context, ["org.example.probe/v2"]);
      await assert.rejects(client.sendCustomMessage(probe().customMessage));
      const customMessage = { capability: "org.example.probe/v2", type: "newer" };
      await server.say({ customMessage });
      await processed({ server, client });
      assert.deepEqual(probesOf(client), []);
    },
  },
  {
    ...info,
    id: "client-survives-unknown-custom-messages",
    title: "goes on after a custom message of an unknown capability, on the same connection",
    requirements: ["W-56"],
    async run(context) {
      const { server } = await startSession(context);
      await server.say({ customMessage: { capability: "org.unknown.x", type: "t" } });
      await takeFullState(server);
      assert.ok(server.sockets.all.length <= 1);
    },
  },
  {
    ...info,
    id: "client-ignores-unknown-custom-messages",
    title: "ignores a custom message of an unknown capability, without error or disconnect",
    requirements: ["W-56"],
    async run(context) {
      const { server, client } = await startSession(context, withProbe);
      await server.say({ customMessage: { capability: "org.unknown.x", type: "t" } });
      await server.say(probe("known"));
      assert.equal((await takeProbe(client)).type, "known");
      assert.ok(client.events.all.every(({ kind }) => kind === "connected" || kind === "message"));
      assert.ok(server.sockets.all.length <= 1);
    },
  },
  {
    ...info,
    id: "client-routes-custom-types-by-capability",
    title: "hands equal types of two capabilities over with their capability",
    requirements: ["W-59"],
    async run(context) {
      const customCapabilities = ["org.a.x", "org.b.x"];
      const { server, client } = await startSession(context, { customCapabilities });
      for (const capability of customCapabilities) {
        await server.say({ customMessage: { capability, type: "t" } });
        assert.equal((await takeProbe(client)).capability, capability);
      }
    },
  },
  ...[
    { name: "any bytes", data: everyByte },
    { name: "no bytes", data: new Uint8Array() },
  ].map(
    ({ name, data }): ClientCase => ({
      ...info,
      id: `client-carries-custom-data-of-${name.replace(" ", "-")}`,
      title: `sends and receives custom messages with ${name} as data`,
      requirements: ["W-60"],
      async run(context) {
        const { server, client } = await announced(context, [probeCapability]);
        await client.sendCustomMessage({ ...probe().customMessage, data });
        const sent = (await takeReport(server, "customMessage")).customMessage;
        assert.equal(hex(sent.data), hex(data));
        await server.say({ customMessage: { ...probe().customMessage, data } });
        assert.equal(hex((await takeProbe(client)).data), hex(data));
      },
    }),
  ),
  {
    ...info,
    id: "client-sends-custom-messages-in-order",
    title: "sends each of several custom messages in a message of its own, in order",
    requirements: ["W-61", "L-09"],
    async run(context) {
      const { server, client } = await announced(context, [probeCapability]);
      const types = ["first", "second", "third"];
      await Promise.all(types.map((type) => client.sendCustomMessage(probe(type).customMessage)));
      for (const type of types) {
        assert.equal((await takeReport(server, "customMessage")).customMessage.type, type);
      }
    },
  },
  {
    ...info,
    id: "client-merges-no-custom-messages",
    title: "sends every custom message that waited for a connection",
    requirements: ["C-206", "L-08"],
    async run(context) {
      const server = await context.serve();
      server.onNextAttempts({ kind: "drop" }, { kind: "drop" });
      const customCapabilities = { capabilities: [probeCapability] };
      const announcement = { kind: "answer", message: { customCapabilities } } as const;
      server.onNextMessages(announcement, announcement);
      const client = await context.start(server, { ...withProbe, intervalMs: 30 });
      const waiting = ["a", "b"].map((type) => client.sendCustomMessage(probe(type).customMessage));
      await Promise.all(waiting);
      for (const type of ["a", "b"]) {
        assert.equal((await takeReport(server, "customMessage")).customMessage.type, type);
      }
    },
  },
];

/** A session with a server that has announced custom capabilities. */
async function announced(
  context: ClientCaseContext,
  capabilities: readonly string[],
): Promise<ClientSession> {
  const customCapabilities = [probeCapability, other];
  const session = await startSession(context, { customCapabilities });
  await session.server.say({ customCapabilities: { capabilities } });
  await processed(session);
  return session;
}

function customTypes({ server }: Pick<ClientSession, "server">): readonly string[] {
  return messagesOf(server).flatMap(({ customMessage }) => customMessage?.type ?? []);
}
