import assert from "node:assert/strict";
import { AgentCapabilities, type AgentCapability } from "@opamp/protocol";
import { contentOfField, fieldNumbers } from "../../raw/wire.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { hex, utf8 } from "../bytes.ts";
import { both } from "../transports.ts";
import { everyPart } from "./parts.ts";
import {
  hearMore,
  messagesOf,
  processed,
  startSession,
  takeFullState,
  takeReport,
} from "./session.ts";

const info = { side: "client", transports: both } as const;
const every = Object.keys(AgentCapabilities) as AgentCapability[];

/** Cases about the capabilities of a client, and of the servers it meets. */
export const capabilityCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-sets-no-undefined-capability",
    title: "sets no capability bit that is not defined, and ReportsStatus always",
    requirements: ["C-60", "C-62", "W-77"],
    async run(context) {
      const { first } = await startSession(context);
      assert.equal(first.capabilities & ~0xffffn, 0n);
      assert.equal(first.capabilities & 1n, 1n);
    },
  },
  {
    ...info,
    id: "client-sets-every-defined-capability",
    title: "sets no capability bit that is not defined when it has every capability",
    requirements: ["C-60", "W-77"],
    async run(context) {
      const { first } = await startSession(context, { ...everyPart, capabilities: every });
      assert.equal(first.capabilities & ~0xffffn, 0n);
    },
  },
  {
    ...info,
    id: "client-sets-capabilities-in-each-report",
    title: "sets its capabilities in its first report and in those that it is asked for",
    requirements: ["C-61", "C-56"],
    async run(context) {
      const { server } = await startSession(context);
      await hearMore(server);
      for (const { capabilities } of messagesOf(server)) assert.notEqual(capabilities, 0n);
    },
  },
  {
    ...info,
    id: "client-sets-capabilities-in-each-message",
    title: "sets its capabilities in each message, of whatever kind",
    requirements: ["C-61", "C-56"],
    async run(context) {
      const { server, client } = await startSession(context, { ...everyPart, intervalMs: 30 });
      client.setHealth({ healthy: false });
      await takeReport(server, "health");
      await takeFullState(server);
      await client.stop();
      for (const { capabilities } of messagesOf(server)) assert.notEqual(capabilities, 0n);
    },
  },
  {
    ...info,
    id: "client-always-reports-status",
    title: "always has ReportsStatus",
    requirements: ["C-62"],
    async run(context) {
      const { first } = await startSession(context, { capabilities: [] });
      assert.equal(first.capabilities & AgentCapabilities.ReportsStatus, 1n);
    },
  },
  ...[
    { requirement: "C-67" as const, capability: "AcceptsRemoteConfig" as const },
    { requirement: "C-68" as const, capability: "ReportsEffectiveConfig" as const },
    { requirement: "C-72" as const, capability: "ReportsHeartbeat" as const },
  ].map(
    ({ requirement, capability }): ClientCase => ({
      ...info,
      id: `client-sets-${capability}`,
      title: `sets ${capability} when it does so, and not otherwise`,
      requirements: [requirement],
      async run(context) {
        const { effectiveConfig } = everyPart;
        const settings = {
          capabilities: [capability],
          ...(effectiveConfig && { effectiveConfig }),
        };
        const able = await startSession(context, settings);
        const bit = AgentCapabilities[capability];
        assert.equal(able.first.capabilities & bit, bit);
        const unable = await startSession(context, { capabilities: [] });
        assert.equal(unable.first.capabilities & bit, 0n);
      },
    }),
  ),
  {
    ...info,
    id: "client-takes-no-remote-config-by-default",
    title: "does not accept remote config unless it is told to",
    requirements: ["C-250"],
    async run(context) {
      const { first, client } = await startSession(context);
      // Nobody knows what a client is told that is not seen.
      assert.ok(client.events.all);
      assert.equal(first.capabilities & AgentCapabilities.AcceptsRemoteConfig, 0n);
    },
  },
  {
    ...info,
    id: "client-ignores-what-it-did-not-declare",
    title: "ignores offers of capabilities that it did not declare",
    requirements: ["C-64"],
    async run(context) {
      const session = await startSession(context, { capabilities: [] });
      const { server, client } = session;
      await server.say({
        remoteConfig: { configHash: utf8("h"), config: { configMap: { f: {} } } },
        packagesAvailable: { allPackagesHash: utf8("h"), packages: { p: {} } },
        connectionSettings: { hash: utf8("h"), ownMetrics: { destinationEndpoint: "https://m" } },
      });
      await processed(session);
      const state = await takeFullState(server);
      // A status without a hash says that there was none.
      assert.equal(hex(state.remoteConfigStatus?.lastRemoteConfigHash), "");
      assert.equal(hex(state.packageStatuses?.serverProvidedAllPackagesHash), "");
      const handedOver = client.events.all.filter(
        (event) => event.kind === "message" && event.message.customMessage === undefined,
      );
      assert.deepEqual(handedOver, []);
    },
  },
  {
    ...info,
    id: "client-remembers-server-capabilities",
    title: "takes missing server capabilities for unchanged ones",
    requirements: ["C-65", "L-24"],
    async run(context) {
      const session = await startSession(context, {}, { capabilities: 0x5n });
      const { server, client } = session;
      await processed(session);
      server.onNextMessages({ kind: "answer", message: { capabilities: 0n } });
      await takeFullState(server);
      await processed(session);
      assert.deepEqual(client.serverCapabilities, ["AcceptsStatus", "AcceptsEffectiveConfig"]);
    },
  },
  {
    ...info,
    id: "client-sends-no-config-to-a-server-without-the-capability",
    title: "sends no effective config in its full state to a server that does not accept it",
    requirements: ["C-66", "L-24"],
    async run(context) {
      const { effectiveConfig } = everyPart;
      const capabilities = ["ReportsEffectiveConfig"] as const;
      const wishes = { capabilities, ...(effectiveConfig && { effectiveConfig }) };
      const session = await startSession(context, { wishes }, { capabilities: 0x1n });
      await processed(session);
      assert.equal((await takeFullState(session.server)).effectiveConfig, undefined);
    },
  },
  ...[
    { name: "effective config", field: "effectiveConfig" as const },
    { name: "package statuses", field: "packageStatuses" as const },
  ].map(
    ({ name, field }): ClientCase => ({
      ...info,
      id: `client-sends-no-unwanted-${field}`,
      title: `stops sending ${name} to a server that does not accept it`,
      requirements: ["C-66", "L-24"],
      async run(context) {
        const session = await startSession(context, everyPart, { capabilities: 0x1n });
        const { server, client } = session;
        await processed(session);
        client.setPackageStatuses({ errorMessage: "some" });
        const state = await takeFullState(server);
        assert.equal(state[field], undefined);
        assert.ok(state.health);
      },
    }),
  ),
  {
    ...info,
    id: "client-sends-no-unwanted-settings-request",
    title: "sends no connection settings request to a server that does not accept it",
    requirements: ["C-154", "C-66"],
    async run(context) {
      const session = await startSession(context, {}, { capabilities: 0x1n });
      const { server, client } = session;
      await processed(session);
      await assert.rejects(client.requestCertificate(utf8("csr")));
      await takeFullState(server);
      for (const message of messagesOf(server)) {
        assert.equal(message.connectionSettingsRequest, undefined);
      }
    },
  },
  {
    ...info,
    id: "client-sends-settings-request",
    title: "sends a connection settings request to a server that accepts it",
    requirements: ["C-154"],
    async run(context) {
      const { server, client } = await startSession(context);
      await client.requestCertificate(utf8("csr"));
      const { connectionSettingsRequest } = await takeReport(server, "connectionSettingsRequest");
      const csr = connectionSettingsRequest.opamp?.certificateRequest?.csr;
      assert.equal(Buffer.from(csr ?? []).toString(), "csr");
    },
  },
  {
    ...info,
    id: "client-requests-certificates-for-opamp-alone",
    title: "asks for a certificate of the OpAMP connection, and of no other",
    requirements: ["C-153"],
    async run(context) {
      const { server, client } = await startSession(context);
      await client.requestCertificate(utf8("csr"));
      const { encoded } = await server.messages.take({
        what: "a request of connection settings",
        where: ({ message }) => message?.connectionSettingsRequest !== undefined,
      });
      const CONNECTION_SETTINGS_REQUEST = 11;
      const OPAMP = 1;
      const request = contentOfField(encoded, CONNECTION_SETTINGS_REQUEST);
      assert.deepEqual(fieldNumbers(request), [OPAMP]);
    },
  },
  ...[
    { field: "health" as const, capability: "ReportsHealth", requirement: "C-69" as const },
    {
      field: "remoteConfigStatus" as const,
      capability: "ReportsRemoteConfig",
      requirement: "C-69" as const,
    },
    {
      field: "availableComponents" as const,
      capability: "ReportsAvailableComponents",
      requirement: "C-70" as const,
    },
    {
      field: "connectionSettingsStatus" as const,
      capability: "ReportsConnectionSettingsStatus",
      requirement: "C-71" as const,
    },
  ].map(
    ({ field, capability, requirement }): ClientCase => ({
      ...info,
      id: `client-reports-${field}-only-when-declared`,
      title: `reports ${field} with ${capability}, and not without it`,
      requirements: [requirement],
      async run(context) {
        const declared = await startSession(context, everyPart);
        assert.ok(declared.first[field]);
        const capabilities = everyPart.capabilities?.filter((name) => name !== capability) ?? [];
        const { server, first } = await startSession(context, { ...everyPart, capabilities });
        assert.equal(first[field], undefined);
        assert.equal((await takeFullState(server))[field], undefined);
      },
    }),
  ),
  {
    ...info,
    id: "client-reports-package-statuses-by-their-own-bit",
    title: "reports package statuses with ReportsPackageStatuses alone",
    requirements: ["C-199"],
    async run(context) {
      const capabilities = ["ReportsPackageStatuses"] as const;
      const { server, client } = await startSession(context, { capabilities });
      client.setPackageStatuses({ packages: { p: { name: "p" } } });
      const { packageStatuses } = await takeReport(server, "packageStatuses");
      assert.equal(packageStatuses.packages.p?.name, "p");
    },
  },
  {
    ...info,
    id: "client-reports-to-servers-without-optional-capabilities",
    title: "reports its state to a server that has nothing but AcceptsStatus",
    requirements: ["W-26"],
    async run(context) {
      const { server } = await startSession(context, {}, { capabilities: 0x1n });
      await takeFullState(server);
      await takeFullState(server);
    },
  },
  {
    ...info,
    id: "client-works-with-servers-without-optional-capabilities",
    title: "goes on with a server that has nothing but AcceptsStatus",
    requirements: ["W-26"],
    async run(context) {
      const { server, client } = await startSession(context, everyPart, { capabilities: 0x1n });
      await takeFullState(server);
      client.setHealth({ healthy: false });
      assert.equal((await takeReport(server, "health")).health.healthy, false);
    },
  },
  {
    ...info,
    id: "client-survives-unknown-bits",
    title: "goes on after capability bits and flags of the server that it does not know",
    requirements: ["W-79"],
    async run(context) {
      const { server } = await startSession(context, {}, { capabilities: (1n << 40n) | 1n });
      await server.say({ flags: 1n << 50n });
      await takeFullState(server);
    },
  },
  {
    ...info,
    id: "client-tolerates-unknown-bits",
    title: "takes capability bits and flags of the server that it does not know",
    requirements: ["W-79"],
    async run(context) {
      const capabilities = (1n << 40n) | 1n;
      const session = await startSession(context, {}, { capabilities });
      const { server, client } = session;
      await server.say({ flags: 1n << 50n });
      await processed(session);
      assert.deepEqual(client.serverCapabilities, ["AcceptsStatus", "bit40"]);
    },
  },
];
