import { ConnectionSettingsStatuses, type OpAMPConnectionSettingsInit } from "@opamp/protocol";
import { createCertificateAuthority, startConnectProxy } from "@opamp/test-kit";
import { expect } from "vitest";
import { type FromAgent, type Pair, startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import type { RunningServer } from "../server-peer.ts";
import { isDescribed } from "./status.ts";

const { APPLIED, FAILED } = ConnectionSettingsStatuses;
const hash = new TextEncoder().encode("settings-1");
const headers = { headers: [{ key: "Authorization", value: "Bearer offered" }] };

export const connectionSettingsScenarios: readonly Scenario[] = [
  {
    title: "an agent moves to the server it is offered: TLS, headers, proxy",
    needs: ["tls", "connection-settings"],
    async run(match) {
      await using cleanup = new AsyncDisposableStack();
      const authority = await createCertificateAuthority();
      const tls = await authority.issueServer();
      const other = cleanup.use(await match.server.start({ tls }));
      const proxy = cleanup.use(await startConnectProxy());
      const pair = cleanup.use(await startPair(match));

      await offer(pair, {
        destinationEndpoint: other.url(match.transport),
        headers,
        tls: { caPemContents: authority.cert },
        proxy: { url: proxy.url },
      });

      const { instanceUid } = await settingsStatus(other, APPLIED);
      expect(instanceUid).toBe(pair.instanceUidJson);
      expect(headersOf(other)).toMatchObject({ authorization: "Bearer offered" });
      expect(proxy.requests[0]).toMatchObject({
        method: "CONNECT",
        target: `localhost:${other.port}`,
      });
    },
  },
  {
    title: "an agent that cannot trust the server it is offered stays, and says why",
    needs: ["tls", "connection-settings"],
    async run(match) {
      await using cleanup = new AsyncDisposableStack();
      const [authority, stranger] = [
        await createCertificateAuthority(),
        await createCertificateAuthority(),
      ];
      const other = cleanup.use(await match.server.start({ tls: await authority.issueServer() }));
      const pair = cleanup.use(await startPair(match));

      await offer(pair, {
        destinationEndpoint: other.url(match.transport),
        tls: { caPemContents: stranger.cert },
      });

      const { connectionSettingsStatus } = await settingsStatus(pair.server, FAILED);
      expect(connectionSettingsStatus?.errorMessage).toMatch(/certificate/);
      expect(other.events.events.map(({ event }) => event)).toEqual(["listening"]);
    },
  },
  {
    title: "an agent stays at its server when that offers it other headers, and uses them",
    needs: ["connection-settings"],
    async run(match) {
      await using pair = await startPair(match);

      await offer(pair, { destinationEndpoint: pair.server.url(match.transport), headers });

      await settingsStatus(pair.server, APPLIED);
      expect(headersOf(pair.server)).toMatchObject({ authorization: "Bearer offered" });
    },
  },
];

/** Offers settings to an agent that the server knows. */
async function offer(pair: Pair, opamp: OpAMPConnectionSettingsInit): Promise<void> {
  await pair.serverGot("the description", isDescribed);
  const heartbeatIntervalSeconds = 30n;
  const connectionSettings = { hash, opamp: { heartbeatIntervalSeconds, ...opamp } };
  pair.server.send({ instanceUid: pair.instanceUid, connectionSettings });
}

function settingsStatus(server: RunningServer, status: number): Promise<FromAgent> {
  return server.events.find(`connection settings status ${status}`, (event) =>
    event.event === "message" && event.message.connectionSettingsStatus?.status === status
      ? event.message
      : undefined,
  );
}

/** The headers of the newest connection. */
function headersOf({ events }: RunningServer): unknown {
  return events.events.findLast((event) => event.event === "connected")?.headers;
}
