import assert from "node:assert/strict";
import { ConnectionSettingsStatuses } from "@opamp/protocol";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { everyByte, hex, utf8 } from "../bytes.ts";
import { both } from "../transports.ts";
import {
  type ClientSession,
  processed,
  startSession,
  takeFullState,
  takeReport,
} from "./session.ts";

const info = { side: "client", transports: both } as const;
const { APPLIED, FAILED } = ConnectionSettingsStatuses;
const settings = {
  capabilities: ["ReportsOwnMetrics", "ReportsConnectionSettingsStatus"],
} as const;

/** Cases about the status of offered connection settings. */
export const connectionSettingsStatusCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-echoes-connection-settings-hash",
    title: "reports the hash of offered connection settings exactly",
    requirements: ["C-125"],
    async run(context) {
      const { server } = await startSession(context, { wishes: settings });
      const ownMetrics = { destinationEndpoint: "https://m.example.com/v1/metrics" };
      await server.say({ connectionSettings: { hash: everyByte, ownMetrics } });
      const { connectionSettingsStatus } = await takeReport(server, "connectionSettingsStatus");
      assert.equal(hex(connectionSettingsStatus.lastConnectionSettingsHash), hex(everyByte));
    },
  },
  {
    ...info,
    id: "client-reports-status-of-own-telemetry",
    title: "reports the status of an offer for own telemetry",
    requirements: ["C-126"],
    async run(context) {
      const { server, client } = await offered(context, utf8("h"));
      client.setConnectionSettingsStatus({
        lastConnectionSettingsHash: utf8("h"),
        status: APPLIED,
      });
      await server.messages.take({
        what: "a message with the status APPLIED",
        where: ({ message }) => message?.connectionSettingsStatus?.status === APPLIED,
      });
    },
  },
  {
    ...info,
    id: "client-may-reject-connection-settings",
    title: "reports FAILED and why when the agent rejects connection settings",
    requirements: ["C-108", "C-127"],
    async run(context) {
      const { server, client } = await offered(context, utf8("h"));
      const errorMessage = "the destination is not allowed here";
      const lastConnectionSettingsHash = utf8("h");
      client.setConnectionSettingsStatus({
        lastConnectionSettingsHash,
        status: FAILED,
        errorMessage,
      });
      const { message } = await server.messages.take({
        what: "a message with the status FAILED",
        where: (received) => received.message?.connectionSettingsStatus?.status === FAILED,
      });
      assert.equal(message?.connectionSettingsStatus?.errorMessage, errorMessage);
    },
  },
  {
    ...info,
    id: "client-reports-no-undeclared-connection-settings-status",
    title: "reports no status of connection settings without the capability",
    requirements: ["C-71", "L-23"],
    async run(context) {
      const session = await startSession(context, { capabilities: ["ReportsOwnMetrics"] });
      const { server } = session;
      const ownMetrics = { destinationEndpoint: "https://m.example.com/v1/metrics" };
      await server.say({ connectionSettings: { hash: utf8("h"), ownMetrics } });
      await processed(session);
      const state = await takeFullState(server);
      assert.equal(state.connectionSettingsStatus, undefined);
    },
  },
  ...[
    { name: "no endpoint", connectionSettings: { hash: utf8("h"), opamp: {}, ownMetrics: {} } },
    { name: "nothing", connectionSettings: {} },
  ].map(
    ({ name, connectionSettings }): ClientCase => ({
      ...info,
      id: `client-survives-connection-settings-of-${name.replace(" ", "-")}`,
      title: `survives offered connection settings with ${name} in them`,
      requirements: ["L-01"],
      async run(context) {
        const session = await startSession(context, {
          wishes: { capabilities: ["AcceptsOpAMPConnectionSettings", "ReportsOwnMetrics"] },
        });
        await session.server.say({ connectionSettings });
        await processed(session);
      },
    }),
  ),
];

async function offered(
  context: Parameters<ClientCase["run"]>[0],
  hash: Uint8Array,
): Promise<ClientSession> {
  const session = await startSession(context, settings);
  const ownMetrics = { destinationEndpoint: "https://m.example.com/v1/metrics" };
  await session.server.say({ connectionSettings: { hash, ownMetrics } });
  await session.client.events.take({ where: ({ kind }) => kind === "message" });
  return session;
}
