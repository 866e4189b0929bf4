import { createOpAMPClient, createSharedConnection, type OpAMPClient } from "@opamp/client";
import { bytesFromInstanceUid, RemoteConfigStatuses } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { base64 } from "./json.ts";
import { opampGoServer } from "./peers/opamp-go.ts";
import { opampTsServer } from "./peers/opamp-ts-server.ts";
import type { RunningServer } from "./server-peer.ts";

/** Three agents on one connection; each reports the config that it is offered as applied. */
function createAgents(url: string): readonly OpAMPClient[] {
  const connection = createSharedConnection({ serverUrl: url });
  return ["one", "two", "three"].map((name) => {
    const client: OpAMPClient = createOpAMPClient({
      connection,
      agentDescription: { identifyingAttributes: { "service.name": name } },
      capabilities: ["ReportsHeartbeat", "AcceptsRemoteConfig", "ReportsRemoteConfig"],
      callbacks: {
        onMessage({ remoteConfig }) {
          if (remoteConfig === undefined) return;
          client.setRemoteConfigStatus({
            lastRemoteConfigHash: remoteConfig.configHash,
            status: RemoteConfigStatuses.APPLIED,
          });
        },
      },
    });
    return client;
  });
}

const uidOf = ({ instanceUid }: OpAMPClient): string => base64(bytesFromInstanceUid(instanceUid));

describe.each([opampGoServer, opampTsServer])(
  "three clients over one connection to $name",
  (peer) => {
    const got = (server: RunningServer, uid: string, member: string): Promise<number> =>
      server.events.find(`${member} of ${uid}`, (event) =>
        event.event === "message" && event.message.instanceUid === uid && member in event.message
          ? event.connection
          : undefined,
      );

    it("are heard, offered a config and seen to leave, each by its uid [W-23 W-71 C-235]", async () => {
      await using server = await peer.start({});
      const clients = createAgents(server.url("websocket"));
      await using stack = new AsyncDisposableStack();
      for (const client of clients) stack.use(client);
      await Promise.all(clients.map((client) => client.start()));

      const connections = clients.map((client) => got(server, uidOf(client), "agentDescription"));
      expect(new Set(await Promise.all(connections)).size).toBe(1);

      server.offerConfig({
        config: { configMap: { "": { body: new TextEncoder().encode("rate: 2") } } },
        configHash: Uint8Array.of(1),
      });
      await Promise.all(clients.map((client) => got(server, uidOf(client), "remoteConfigStatus")));

      const [first, ...others] = clients;
      await first?.stop();
      if (first) await got(server, uidOf(first), "agentDisconnect");
      expect(others.map(({ status }) => status.state)).toEqual(["online", "online"]);
    });
  },
);
