import assert from "node:assert/strict";
import { statusParts } from "@opamp/protocol";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { utf8 } from "../bytes.ts";
import { both, overWebSocket } from "../transports.ts";
import { everyPart, partChanges } from "./parts.ts";
import { probe, takeProbe, withProbe } from "./probe.ts";
import {
  messagesOf,
  processed,
  startSession,
  takeFullState,
  takeLaterMessage,
  takeReport,
} from "./session.ts";

const info = { side: "client", transports: both } as const;

/** Cases about what is reported, and when. */
export const statusCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-describes-itself-first",
    title: "begins with a report of who it is and what it can do",
    requirements: ["C-44"],
    async run(context) {
      const { first } = await startSession(context);
      assert.ok(first.agentDescription);
      assert.notEqual(first.capabilities, 0n);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-speaks-first-on-a-reconnect",
    title: "speaks without being asked when it has reconnected",
    requirements: ["C-44"],
    async run(context) {
      const { server } = await startSession(context);
      await takeFullState(server);
      const later = takeLaterMessage(server);
      server.sockets.all[0]?.cut();
      await later;
    },
  },
  {
    ...info,
    id: "client-reports-status-first",
    title: "begins a connection with a status report",
    requirements: ["C-44"],
    async run(context) {
      const { first } = await startSession(context, everyPart);
      assert.ok(first.agentDescription);
      assert.equal(first.health?.status, "first");
      assert.equal(first.remoteConfigStatus?.status, 1);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-reports-status-first-on-a-reconnect",
    title: "sends a message of its own accord when it has reconnected",
    requirements: ["C-44", "C-45"],
    async run(context) {
      const { server } = await startSession(context, everyPart);
      await takeFullState(server);
      const later = takeLaterMessage(server);
      server.sockets.all[0]?.cut();
      assert.equal((await later).agentDescription, undefined);
    },
  },
  ...partChanges.map(
    ({ part, change, isNew }): ClientCase => ({
      ...info,
      id: `client-reports-changed-${part}`,
      title: `reports a change of ${part}`,
      requirements: ["C-46"],
      async run(context) {
        const { server, client } = await startSession(context, everyPart);
        await takeFullState(server);
        change(client);
        const { message } = await server.messages.take({
          what: `a message with the new ${part}`,
          where: (received) => received.message !== undefined && isNew(received.message),
        });
        assert.ok(message);
        const others = statusParts.filter((other) => other !== part);
        assert.ok(others.every((other) => message[other] === undefined));
      },
    }),
  ),
  {
    ...info,
    id: "client-reports-changed-capabilities",
    title: "reports a change of its capabilities",
    requirements: ["C-63"],
    async run(context) {
      const capabilities = ["AcceptsRemoteConfig"] as const;
      const { server, client } = await startSession(context, { capabilities });
      client.setCapabilities([]);
      const { message } = await server.messages.take({
        what: "a message without AcceptsRemoteConfig",
        where: (received) => (received.message?.capabilities ?? 2n) % 4n === 1n,
      });
      assert.equal(message?.capabilities, 1n);
    },
  },
  {
    ...info,
    id: "client-reports-many-changes-as-one",
    title: "reports what changed several times before it was sent by its last value",
    requirements: ["C-223"],
    async run(context) {
      const server = await context.serve();
      server.onNextAttempts({ kind: "drop" }, { kind: "drop" });
      const client = await context.start(server, { ...everyPart, intervalMs: 30 });
      for (let i = 0; i < 1000; i += 1) client.setHealth({ healthy: true, status: `${i}` });
      assert.equal((await takeReport(server, "health")).health.status, "999");
      await takeFullState(server);
      assert.deepEqual(
        [...new Set(messagesOf(server).flatMap(({ health }) => health?.status ?? []))],
        ["999"],
      );
    },
  },
  {
    ...info,
    id: "client-reports-many-package-changes-as-one",
    title: "reports package statuses that changed several times by their last value",
    requirements: ["C-224"],
    async run(context) {
      const server = await context.serve();
      server.onNextAttempts({ kind: "drop" });
      const client = await context.start(server, { ...everyPart, intervalMs: 30 });
      for (let i = 0; i < 100; i += 1) client.setPackageStatuses({ errorMessage: `${i}` });
      const { packageStatuses } = await takeReport(server, "packageStatuses");
      assert.equal(packageStatuses.errorMessage, "99");
    },
  },
  {
    ...info,
    id: "client-processes-all-that-is-set",
    title: "processes each of several things in one message",
    requirements: ["C-47"],
    async run(context) {
      const settings = { ...withProbe, capabilities: ["AcceptsRemoteConfig"] } as const;
      const { server, client } = await startSession(context, settings);
      const remoteConfig = { configHash: utf8("hash"), config: { configMap: { f: {} } } };
      const nowMs = performance.now();
      await server.say({ ...probe("beside"), remoteConfig, flags: 1n });
      assert.equal((await takeProbe(client)).type, "beside");
      const offers = client.events.all.filter(
        (event) => event.kind === "message" && event.message.remoteConfig !== undefined,
      );
      assert.equal(offers.length, 1);
      await server.messages.take({
        where: ({ atMs, message }) => atMs > nowMs && message?.agentDescription !== undefined,
      });
    },
  },
  {
    ...info,
    id: "client-does-not-react-to-nothing-new",
    title: "sends no report because of a message that changes nothing",
    requirements: ["C-50"],
    async run(context) {
      const session = await startSession(context, everyPart);
      const { server } = session;
      await takeFullState(server);
      const seen = server.messages.all.length;
      const remoteConfig = { configHash: utf8("first"), config: { configMap: {} } };
      for (let i = 0; i < 10; i += 1) await server.say({ remoteConfig });
      await processed(session);
      await context.watch(100);
      const between = messagesOf(server).slice(seen);
      if (context.transport === "websocket") assert.equal(between.length, 0);
      assert.ok(between.every((message) => statusParts.every((part) => !message[part])));
    },
  },
  {
    ...info,
    id: "client-reports-only-changes",
    title: "sends no report for a value that equals the one before",
    requirements: ["C-52"],
    async run(context) {
      const { server, client } = await startSession(context, everyPart);
      await takeFullState(server);
      const seen = server.messages.all.length;
      client.setHealth({ healthy: true, status: "first" });
      client.setRemoteConfigStatus({ lastRemoteConfigHash: utf8("first"), status: 1 });
      client.updateEffectiveConfig();
      client.setDescription({
        nonIdentifyingAttributes: { "os.type": "linux" },
        identifyingAttributes: { "service.version": "1", "service.name": "edge" },
      });
      client.setPackageStatuses({ errorMessage: "changed" });
      await takeReport(server, "packageStatuses");
      const unchanged = statusParts.filter((part) => part !== "packageStatuses");
      for (const message of messagesOf(server).slice(seen)) {
        for (const part of unchanged) assert.equal(message[part], undefined, part);
      }
    },
  },
  {
    ...info,
    id: "client-leaves-out-what-is-unchanged",
    title: "leaves unchanged parts out of a report",
    requirements: ["C-53", "C-54"],
    async run(context) {
      const { server, client } = await startSession(context, everyPart);
      await takeFullState(server);
      client.setHealth({ healthy: false });
      const report = await takeReport(server, "health");
      for (const part of statusParts) assert.equal(report[part] !== undefined, part === "health");
    },
  },
  {
    ...info,
    id: "client-sends-changed-parts-whole",
    title: "sends a part whole when one of its fields changed",
    requirements: ["C-55"],
    async run(context) {
      const { server, client } = await startSession(context, everyPart);
      await takeFullState(server);
      client.setDescription({
        identifyingAttributes: { "service.name": "edge", "service.version": "2" },
        nonIdentifyingAttributes: { "os.type": "linux" },
      });
      const { agentDescription } = await takeReport(server, "agentDescription");
      assert.equal(agentDescription.identifyingAttributes.length, 2);
      assert.equal(agentDescription.nonIdentifyingAttributes.length, 1);
    },
  },
  {
    ...info,
    id: "client-reports-what-a-message-caused",
    title: "reports the change of status that a message caused",
    requirements: ["C-51"],
    async run(context) {
      const { server, client } = await startSession(context, everyPart);
      await server.say({ remoteConfig: { configHash: utf8("second") } });
      await client.events.take({ where: ({ kind }) => kind === "message" });
      client.setRemoteConfigStatus({ lastRemoteConfigHash: utf8("second"), status: 1 });
      const report = await server.messages.take({
        where: ({ message }) => message?.remoteConfigStatus?.lastRemoteConfigHash.length === 6,
      });
      assert.equal(report.message?.remoteConfigStatus?.status, 1);
    },
  },
  {
    ...info,
    id: "client-has-messages-of-its-own-for-status",
    title: "reports a change of status of its own accord, in reply to no message",
    requirements: ["W-07"],
    async run(context) {
      const { server, client } = await startSession(context, everyPart);
      await takeFullState(server);
      client.setHealth({ healthy: false });
      assert.equal((await takeReport(server, "health")).health.healthy, false);
    },
  },
];
