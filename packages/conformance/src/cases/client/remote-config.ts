import assert from "node:assert/strict";
import {
  type AgentRemoteConfigInit,
  RemoteConfigStatuses,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { ClientCaseContext } from "../../runner/client-case-context.ts";
import type { RunningClient } from "../../runner/client-subject.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { everyByte, hex, utf8 } from "../bytes.ts";
import { both, overWebSocket } from "../transports.ts";
import {
  type ClientSession,
  isSeen,
  messagesOf,
  processed,
  startSession,
  takeFullState,
  takeReport,
} from "./session.ts";

const info = { side: "client", transports: both } as const;
const { APPLIED, APPLYING, FAILED } = RemoteConfigStatuses;
const configHash = utf8("hash");

/** Cases about offered configurations. */
export const remoteConfigCases: readonly ClientCase[] = [
  ...[
    { name: "APPLYING", status: APPLYING },
    { name: "APPLIED", status: APPLIED },
    { name: "FAILED", status: FAILED },
  ].map(
    ({ name, status }): ClientCase => ({
      ...info,
      id: `client-reports-${name}`,
      title: `reports the hash of an offered config with the status ${name}`,
      requirements: ["C-99", "C-100"],
      async run(context) {
        const { server, client } = await startConfigured(context);
        const offer = await offerConfig({ server, client }, { configHash });
        client.setRemoteConfigStatus({ lastRemoteConfigHash: offer.configHash, status });
        const { remoteConfigStatus } = await takeReport(server, "remoteConfigStatus");
        assert.equal(hex(remoteConfigStatus.lastRemoteConfigHash), hex(configHash));
        assert.equal(remoteConfigStatus.status, status);
      },
    }),
  ),
  {
    ...info,
    id: "client-reports-the-status-of-an-offer",
    title: "reports the hash of an offered config with what came of it",
    requirements: ["C-99", "C-107"],
    async run(context) {
      const { server, client } = await startSession(context, {
        wishes: { capabilities: ["AcceptsRemoteConfig", "ReportsRemoteConfig"] },
      });
      const hash = Uint8Array.of(0, 255, 128);
      await server.say(offerOf({ configHash: hash, config: { configMap: { f: {} } } }));
      if (isSeen(client)) {
        await client.events.take({ where: ({ kind }) => kind === "message" });
        client.setRemoteConfigStatus({ lastRemoteConfigHash: hash, status: APPLIED });
      }
      await server.messages.take({
        what: "a status with the hash of the offered config",
        where: ({ message }) =>
          hex(message?.remoteConfigStatus?.lastRemoteConfigHash) === hex(hash),
      });
    },
  },
  {
    ...info,
    id: "client-reports-progress",
    title: "reports each step of applying a config",
    requirements: ["C-48"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      const { configHash: lastRemoteConfigHash } = await offerConfig({ server, client });
      for (const status of [APPLYING, APPLIED]) {
        client.setRemoteConfigStatus({ lastRemoteConfigHash, status });
        const report = await takeReport(server, "remoteConfigStatus");
        assert.equal(report.remoteConfigStatus.status, status);
      }
    },
  },
  {
    ...info,
    id: "client-reports-why-a-config-failed",
    title: "reports the reason with FAILED, and none with a later APPLIED",
    requirements: ["C-101"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      const { configHash: lastRemoteConfigHash } = await offerConfig({ server, client });
      const errorMessage = "line 3: unknown key";
      client.setRemoteConfigStatus({ lastRemoteConfigHash, status: FAILED, errorMessage });
      const failed = await takeReport(server, "remoteConfigStatus");
      assert.equal(failed.remoteConfigStatus.errorMessage, errorMessage);
      client.setRemoteConfigStatus({ lastRemoteConfigHash, status: APPLIED });
      const applied = await takeReport(server, "remoteConfigStatus");
      assert.equal(applied.remoteConfigStatus.errorMessage, "");
    },
  },
  {
    ...info,
    id: "client-keeps-the-hash-of-a-failed-config",
    title: "keeps reporting the hash of a config that failed",
    requirements: ["C-102"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      const { configHash: lastRemoteConfigHash } = await offerConfig({ server, client });
      client.setRemoteConfigStatus({ lastRemoteConfigHash, status: FAILED, errorMessage: "no" });
      await takeReport(server, "remoteConfigStatus");
      const { remoteConfigStatus } = await takeFullState(server);
      assert.equal(hex(remoteConfigStatus?.lastRemoteConfigHash), hex(configHash));
      assert.equal(remoteConfigStatus?.status, FAILED);
    },
  },
  ...[
    { name: "3 bytes", hash: Uint8Array.of(0, 255, 128) },
    { name: "256 bytes", hash: everyByte },
  ].map(
    ({ name, hash }): ClientCase => ({
      ...info,
      id: `client-echoes-hash-of-${name.replace(" ", "-")}`,
      title: `takes the hash of a config for opaque, and echoes one of ${name} exactly`,
      requirements: ["C-107"],
      async run(context) {
        const { server, client } = await startConfigured(context);
        const offer = await offerConfig({ server, client }, { configHash: hash });
        client.setRemoteConfigStatus({ lastRemoteConfigHash: offer.configHash, status: APPLIED });
        const { remoteConfigStatus } = await takeReport(server, "remoteConfigStatus");
        assert.equal(hex(remoteConfigStatus.lastRemoteConfigHash), hex(hash));
      },
    }),
  ),
  {
    ...info,
    id: "client-may-ignore-an-offer",
    title: "reports nothing about a config that the agent ignores",
    requirements: ["C-103", "L-23"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      await offerConfig({ server, client });
      assert.equal((await takeFullState(server)).remoteConfigStatus, undefined);
    },
  },
  {
    ...info,
    id: "client-reports-config-after-applying",
    title: "reports effective config and status after a config was applied",
    requirements: ["C-104"],
    async run(context) {
      let body = utf8("old");
      const { server, client } = await startSession(context, {
        capabilities: ["AcceptsRemoteConfig", "ReportsRemoteConfig", "ReportsEffectiveConfig"],
        effectiveConfig: () => ({ configMap: { "": { body } } }),
      });
      const { configHash: lastRemoteConfigHash } = await offerConfig({ server, client });
      body = utf8("new");
      client.updateEffectiveConfig();
      client.setRemoteConfigStatus({ lastRemoteConfigHash, status: APPLIED });
      await takeReport(server, "remoteConfigStatus");
      const state = await takeFullState(server);
      const reported = state.effectiveConfig?.configMap?.configMap[""]?.body;
      assert.equal(Buffer.from(reported ?? []).toString(), "new");
    },
  },
  {
    ...info,
    id: "client-hands-an-offer-over-once",
    title: "hands a repeated offer of the same hash over once, and reports nothing for it",
    requirements: ["C-105", "C-49"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      await offerConfig({ server, client });
      client.setRemoteConfigStatus({ lastRemoteConfigHash: configHash, status: APPLIED });
      await takeReport(server, "remoteConfigStatus");
      await takeFullState(server);
      const seen = server.messages.all.length;
      await server.say(offerOf({ configHash }));
      await server.say(offerOf({ configHash }));
      await processed({ server, client });
      assert.equal(offersTo(client).length, 1);
      const reports = messagesOf(server).slice(seen);
      assert.ok(
        reports.every((message) => !message.remoteConfigStatus || message.agentDescription),
      );
    },
  },
  {
    ...info,
    id: "client-reports-a-stored-status",
    title: "reports the status that an earlier run stored, and does not take the config again",
    requirements: ["C-106", "L-13"],
    async run(context) {
      const remoteConfigStatus = { lastRemoteConfigHash: configHash, status: APPLIED };
      const { server, client, first } = await startConfigured(context, { remoteConfigStatus });
      assert.equal(hex(first.remoteConfigStatus?.lastRemoteConfigHash), hex(configHash));
      await server.say(offerOf({ configHash }));
      await processed({ server, client });
      assert.equal(offersTo(client).length, 0);
    },
  },
  {
    ...info,
    id: "client-takes-an-empty-config",
    title: "hands an offer with an empty map over, and survives it",
    requirements: ["W-36"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      const offer = await offerConfig(
        { server, client },
        { configHash, config: { configMap: {} } },
      );
      assert.deepEqual(offer.config?.configMap, {});
      await takeFullState(server);
    },
  },
  ...[
    { name: "no map", remoteConfig: { configHash } },
    { name: "no hash", remoteConfig: { config: { configMap: { f: {} } } } },
    { name: "nothing", remoteConfig: {} },
  ].map(
    ({ name, remoteConfig }): ClientCase => ({
      ...info,
      id: `client-survives-an-offer-of-${name.replace(" ", "-")}`,
      title: `survives an offered config with ${name} in it`,
      requirements: ["L-01"],
      async run(context) {
        const session = await startSession(context, {
          wishes: { capabilities: ["AcceptsRemoteConfig"] },
        });
        await session.server.say(offerOf(remoteConfig));
        await processed(session);
      },
    }),
  ),
  {
    ...info,
    transports: overWebSocket,
    id: "client-takes-pushed-offers",
    title: "takes an offer that the server pushes while the client is idle",
    requirements: ["W-06"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      await takeFullState(server);
      assert.equal(hex((await offerConfig({ server, client })).configHash), hex(configHash));
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-takes-several-pushes",
    title: "takes two messages in a row that it did not ask for",
    requirements: ["W-05"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      await server.say(offerOf({ configHash: Uint8Array.of(1) }));
      await server.say(offerOf({ configHash: Uint8Array.of(2) }));
      await takeFullState(server);
      assert.deepEqual(
        offersTo(client).map((offer) => hex(offer.configHash)),
        ["01", "02"],
      );
    },
  },
  {
    ...info,
    id: "client-speaks-the-same-on-both-transports",
    title: "goes through offer, application and report the same way on either transport",
    requirements: ["W-19"],
    async run(context) {
      const { server, client } = await startConfigured(context);
      const offer = await offerConfig({ server, client });
      for (const status of [APPLYING, APPLIED]) {
        client.setRemoteConfigStatus({ lastRemoteConfigHash: offer.configHash, status });
        await server.messages.take({
          what: `a message with the status ${status}`,
          where: ({ message }) => message?.remoteConfigStatus?.status === status,
        });
      }
      // Before the offer there may have been a status that says so.
      const statuses = messagesOf(server).flatMap(({ remoteConfigStatus }) =>
        remoteConfigStatus && hex(remoteConfigStatus.lastRemoteConfigHash) !== ""
          ? [remoteConfigStatus.status]
          : [],
      );
      assert.deepEqual(statuses, [APPLYING, APPLIED]);
    },
  },
];

function startConfigured(
  context: ClientCaseContext,
  settings: Parameters<typeof startSession>[1] = {},
): Promise<ClientSession> {
  const capabilities = ["AcceptsRemoteConfig", "ReportsRemoteConfig"] as const;
  return startSession(context, { capabilities, ...settings });
}

function offerOf(remoteConfig: AgentRemoteConfigInit): ServerToAgentInit {
  return { remoteConfig };
}

/** Offers a config, and waits until it has reached the application. */
async function offerConfig(
  { server, client }: Pick<ClientSession, "server" | "client">,
  remoteConfig: AgentRemoteConfigInit = { configHash, config: { configMap: { f: {} } } },
): Promise<AgentRemoteConfigInit> {
  await server.say(offerOf(remoteConfig));
  const event = await client.events.take({
    what: "the offer at the application",
    where: (candidate) =>
      candidate.kind === "message" && candidate.message.remoteConfig !== undefined,
  });
  return (event.kind === "message" ? event.message.remoteConfig : undefined) ?? {};
}

function offersTo(client: RunningClient): readonly AgentRemoteConfigInit[] {
  return client.events.all.flatMap((event) =>
    event.kind === "message" && event.message.remoteConfig ? [event.message.remoteConfig] : [],
  );
}
