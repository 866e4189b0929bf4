import { bytesFromInstanceUid, createInstanceUid, type InstanceUid } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import {
  createOpAMPClient,
  createSharedConnection,
  type OpAMPClient,
  type SharedConnection,
  type SharedConnectionOptions,
  type SharedStartSettings,
} from "../src/index.ts";
import { description } from "./_util/scripted-client.ts";
import { startTrackedServer } from "./_util/tracked-server.ts";
import { startWebSocketPeer } from "./transport/_util/websocket-peer.ts";

interface Fleet extends AsyncDisposable {
  readonly connection: SharedConnection;
  readonly clients: readonly OpAMPClient[];
}

async function startFleet(
  count: number,
  options: SharedConnectionOptions,
  settings: Partial<SharedStartSettings> = {},
): Promise<Fleet> {
  const connection = createSharedConnection({ retry: { delayMs: () => 10 }, ...options });
  const clients = Array.from({ length: count }, () =>
    createOpAMPClient({ agentDescription: description, ...settings, connection }),
  );
  await Promise.all(clients.map((client) => client.start()));
  return {
    connection,
    clients,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.stop()));
    },
  };
}

/** Each was answered. */
function expectAnswered(clients: readonly OpAMPClient[]): void {
  for (const { status } of clients) {
    expect(status).toMatchObject({ state: "online", serverCapabilities: ["AcceptsStatus"] });
  }
}

describe("200 clients over one WebSocket", () => {
  it("are each heard and answered, over one socket [W-23 W-71 S-24 C-241]", async () => {
    await using server = await startTrackedServer({ scheme: "ws" });
    await using fleet = await startFleet(200, { serverUrl: server.url });
    await eventually(() => expectAnswered(fleet.clients));
    const uids = fleet.clients.map(({ instanceUid }) => instanceUid);
    expect([...server.said.keys()]).toEqual(uids);
    expect([...server.connections].map(({ instanceUids }) => instanceUids)).toEqual([uids]);
    expect(server.attempts).toBe(1);
  });

  it("come back together, by one attempt after the other [C-44 C-241 L-16]", async () => {
    await using server = await startTrackedServer({ scheme: "ws" });
    await using fleet = await startFleet(200, { serverUrl: server.url });
    await eventually(() => expectAnswered(fleet.clients));
    server.refuseNext(2);
    for (const connection of server.connections) await connection.disconnect();
    await eventually(() => {
      for (const messages of server.said.values()) expect(messages).toHaveLength(2);
    });
    expect(server.attempts).toBe(1 + 2 + 1);
    for (const [, second] of server.said.values()) {
      expect(second?.sequenceNum).toBe(1n);
      expect(second?.agentDescription).toBeUndefined();
    }
  });

  it("leave one by one, and the socket closes behind the last [C-235 C-237]", async () => {
    await using server = await startTrackedServer({ scheme: "ws" });
    await using fleet = await startFleet(3, { serverUrl: server.url });
    await eventually(() => expectAnswered(fleet.clients));
    const [first, ...others] = fleet.clients;
    await first?.stop();
    await eventually(() => {
      const [connection] = server.connections;
      expect(connection?.instanceUids).toEqual(others.map(({ instanceUid }) => instanceUid));
    });
    await Promise.all(others.map((client) => client.stop()));
    await eventually(() => expect(server.connections.size).toBe(0));
    for (const messages of server.said.values()) {
      expect(messages.at(-1)?.agentDisconnect).toBeDefined();
    }
  });

  it("are renamed one at a time [C-38 S-24]", async () => {
    const names = new Map<InstanceUid, InstanceUid>();
    await using server = await startTrackedServer({
      scheme: "ws",
      answer(uid) {
        const next = names.get(uid);
        names.delete(uid);
        if (next === undefined) return undefined;
        return { agentIdentification: { newInstanceUid: bytesFromInstanceUid(next) } };
      },
    });
    await using fleet = await startFleet(3, { serverUrl: server.url });
    await eventually(() => expectAnswered(fleet.clients));
    const [first, ...others] = fleet.clients.map(({ instanceUid }) => instanceUid);
    const next = createInstanceUid();
    names.set(first ?? "", next);
    fleet.clients[0]?.setCustomCapabilities(["com.example.a"]);
    await eventually(() => expect(server.said.get(next)).toHaveLength(1));
    expect(fleet.clients.map(({ instanceUid }) => instanceUid)).toEqual([next, ...others]);
    fleet.clients[0]?.setCustomCapabilities(["com.example.b"]);
    await eventually(() => expect(server.said.get(next)).toHaveLength(2));
  });

  it("hear that their custom messages arrived [L-09]", async () => {
    await using server = await startTrackedServer({ scheme: "ws" });
    const customCapabilities = ["com.example.a"];
    await using fleet = await startFleet(20, { serverUrl: server.url }, { customCapabilities });
    await Promise.all(
      fleet.clients.map((client) => client.sendCustomMessage({ capability: "com.example.a" })),
    );
    await eventually(() => {
      for (const messages of server.said.values()) {
        expect(messages.filter(({ customMessage }) => customMessage)).toHaveLength(1);
      }
    });
  });

  it("send one ping for all, and notice a peer that went silent together [L-19]", async () => {
    let pings = 0;
    await using peer = await startWebSocketPeer({
      ws: { autoPong: false },
      onOpen: (socket) => {
        socket.on("ping", () => {
          pings += 1;
        });
      },
    });
    const timeouts = { pingIntervalMs: 20, pongMs: 200, stopMs: 50 };
    await using fleet = await startFleet(20, { serverUrl: peer.url, timeouts });
    await eventually(() => expect(peer.peers.length).toBeGreaterThan(1));
    expect(pings).toBeLessThan(100);
    await Promise.all(fleet.clients.map((client) => client.stop()));
  });
});

describe("40 clients over HTTP", () => {
  it("make their own requests, over sockets that they share [W-71]", async () => {
    await using server = await startTrackedServer({ scheme: "http" });
    await using fleet = await startFleet(
      40,
      { serverUrl: server.url },
      { heartbeatIntervalMs: 50 },
    );
    await eventually(() => {
      expectAnswered(fleet.clients);
      expect(server.attempts).toBeGreaterThan(120);
    });
    expect(server.said.size).toBe(40);
    expect(server.sockets.size).toBeLessThanOrEqual(32);
    await Promise.all(fleet.clients.map((client) => client.stop()));
    for (const messages of server.said.values()) {
      expect(messages.at(-1)?.agentDisconnect).toBeDefined();
    }
    expect(fleet.connection.clients).toBe(0);
  });

  it("cannot have a uid twice [W-71]", async () => {
    await using server = await startTrackedServer({ scheme: "http" });
    const instanceUid = createInstanceUid();
    await using fleet = await startFleet(1, { serverUrl: server.url }, { instanceUid });
    const second = createOpAMPClient({
      agentDescription: description,
      instanceUid,
      connection: fleet.connection,
    });
    await expect(second.start()).rejects.toMatchObject({ code: "invalid-argument" });
    await fleet.clients[0]?.stop();
    await second.start();
    await second.stop();
  });
});
