import {
  bytesFromInstanceUid,
  createInstanceUid,
  decodeAgentToServer,
  instanceUidFromBytes,
  ServerErrorResponseType,
  ServerToAgentFlags,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { OpAMPClient, SharedStartSettings } from "../src/index.ts";
import { createMemoryPackages } from "./_util/memory-packages.ts";
import { refused } from "./_util/problems.ts";
import { createSharedClients, speakers } from "./_util/shared-clients.ts";
import { createWireTrace } from "./_util/wire-trace.ts";

const uids = (clients: readonly OpAMPClient[]): string[] =>
  clients.map(({ instanceUid }) => instanceUid);
const states = (clients: readonly OpAMPClient[]): string[] =>
  clients.map(({ status }) => status.state);

describe("clients on a shared connection", () => {
  it("speak over one session, each by its uid with its own numbers [W-23 W-71 C-241]", async () => {
    await using shared = createSharedClients();
    const clients = await shared.start(3);
    expect(shared.server.attempts).toBe(1);
    expect(speakers(shared.messages)).toEqual(uids(clients));
    expect(states(clients)).toEqual(["online", "online", "online"]);
    const [first, second] = clients;
    const said = await shared.during(async () => {
      first?.setCustomCapabilities(["com.example.a"]);
      await shared.clock.settle();
      first?.setCustomCapabilities(["com.example.b"]);
      await shared.clock.settle();
      second?.setCustomCapabilities(["com.example.c"]);
    });
    expect(speakers(said)).toEqual(uids(clients).flatMap((uid, i) => [[uid, uid], [uid], []][i]));
    expect(said.map(({ sequenceNum }) => sequenceNum)).toEqual([1n, 2n, 1n]);
    expect(shared.connection.clients).toBe(3);
  });

  it("hear only what is for them [W-23 W-71]", async () => {
    await using shared = createSharedClients();
    const heard: string[][] = [[], []];
    const clients = heard.map((types) =>
      shared.create({
        customCapabilities: ["com.example.a"],
        callbacks: { onMessage: ({ customMessage }) => void types.push(customMessage?.type ?? "") },
      }),
    );
    await Promise.all(clients.map((client) => client.start()));
    await shared.clock.settle();
    for (const [i, client] of clients.entries()) {
      const instanceUid = bytesFromInstanceUid(client.instanceUid);
      await shared.push({
        instanceUid,
        customMessage: { capability: "com.example.a", type: `for ${i}` },
      });
    }
    expect(heard).toEqual([["for 0"], ["for 1"]]);
  });

  it("join an attempt that is under way, and a session that is there [C-44 C-241]", async () => {
    await using shared = createSharedClients();
    shared.server.stall();
    const early = await shared.start(2);
    expect(states(early)).toEqual(["connecting", "connecting"]);
    shared.server.resume();
    await shared.clock.settle();
    expect(states(early)).toEqual(["online", "online"]);
    const said = await shared.during(() => shared.start(1));
    expect(said).toHaveLength(1);
    expect(said[0]?.agentDescription).toBeDefined();
    expect(shared.server.attempts).toBe(1);
  });

  it("say goodbye for themselves alone, and the last one closes [C-235 C-237 L-21]", async () => {
    const trace = createWireTrace();
    await using shared = createSharedClients({ wrap: trace.wrap });
    const [first, second] = await shared.start(2);
    const said = await shared.during(() => first?.stop());
    expect(speakers(said)).toEqual([first?.instanceUid]);
    expect(said[0]?.agentDisconnect).toBeDefined();
    expect(first?.status.state).toBe("stopped");
    expect(shared.session.ended).toBeUndefined();
    expect(second?.status.state).toBe("online");
    expect(shared.connection.clients).toBe(1);
    await shared.during(() => second?.stop());
    expect(trace.steps.slice(-3)).toEqual(["goodbye 1", "close 1", "closed 1"]);
    expect(shared.clock.pendingTimers).toBe(0);
  });

  it("close the session when all stop at once, each with its goodbye [C-235 C-237]", async () => {
    const trace = createWireTrace();
    await using shared = createSharedClients({ wrap: trace.wrap });
    const clients = await shared.start(5);
    const said = await shared.during(() => Promise.all(clients.map((client) => client.stop())));
    expect(speakers(said.filter((message) => message.agentDisconnect))).toEqual(uids(clients));
    expect(trace.steps.slice(-3)).toEqual(["goodbye 1", "close 1", "closed 1"]);
    expect(shared.connection.clients).toBe(0);
    expect(shared.clock.pendingTimers).toBe(0);
  });

  it("stop within one deadline against a server that takes nothing [L-21]", async () => {
    await using shared = createSharedClients({ timeouts: { stopMs: 2000 } });
    const clients = await shared.start(3);
    shared.session.stall();
    const stopped = Promise.all(clients.map((client) => client.stop()));
    await shared.clock.advance(2000);
    await stopped;
    expect(shared.session.ended).toMatchObject({ by: "client" });
    expect(shared.clock.pendingTimers).toBe(0);
  });

  it("leave a server that takes nothing to the others, within the same deadline [L-21]", async () => {
    await using shared = createSharedClients({ timeouts: { stopMs: 2000 } });
    const [first, second] = await shared.start(2);
    shared.session.stall();
    const stopped = first?.stop();
    await shared.clock.advance(1999);
    expect(first?.status.state).toBe("stopping");
    await shared.clock.advance(1);
    await stopped;
    expect([first?.status.state, second?.status.state]).toEqual(["stopped", "online"]);
    expect(shared.warnings).toEqual([expect.stringContaining("the goodbye was not said")]);
  });

  it("stop while connecting and while backing off [L-21]", async () => {
    await using shared = createSharedClients({ random: () => 0.9 });
    shared.server.stall();
    for (const client of await shared.start(2)) await client.stop();
    shared.server.resume();
    shared.server.refuseNext(refused());
    const clients = await shared.start(2);
    expect(states(clients)).toEqual(["backing-off", "backing-off"]);
    for (const client of clients) await client.stop();
    expect(shared.clock.pendingTimers).toBe(0);
    expect(shared.server.sessions.filter(({ ended }) => ended === undefined)).toEqual([]);
  });

  it("wait for the end of a session before there is another [C-241 C-242]", async () => {
    const trace = createWireTrace();
    await using shared = createSharedClients({ wrap: trace.wrap, timeouts: { stopMs: 2000 } });
    const [first] = await shared.start(1);
    shared.session.stall();
    const stopped = first?.stop();
    const [next] = await shared.start(1);
    expect(next?.status.state).toBe("connecting");
    await shared.clock.advance(2000);
    await stopped;
    expect(next?.status.state).toBe("online");
    expect(trace.steps.indexOf("connect 2")).toBeGreaterThan(trace.steps.indexOf("closed 1"));
  });

  it("say nothing on a session that the one before them closes [C-241 C-242 L-21]", async () => {
    const trace = createWireTrace();
    await using shared = createSharedClients({ wrap: trace.wrap });
    const [first] = await shared.start(1);
    const next = shared.create();
    await Promise.all([first?.stop(), next.start()]);
    await shared.clock.settle();
    expect(trace.steps.slice(2)).toEqual([
      "goodbye 1",
      "close 1",
      "closed 1",
      "connect 2",
      "message 2",
    ]);
    expect(next.status.state).toBe("online");
    const [report] = shared.session.messages.map(decodeAgentToServer);
    expect(report).toMatchObject({ sequenceNum: 0n, agentDescription: {} });
  });

  it("may be stopped from inside a callback of another one [L-21]", async () => {
    await using shared = createSharedClients();
    const other = shared.create();
    const one = shared.create({ callbacks: { onConnect: () => void other.stop() } });
    await Promise.all([one.start(), other.start()]);
    await shared.clock.settle();
    expect([one.status.state, other.status.state]).toEqual(["online", "stopped"]);
    expect(shared.server.attempts).toBe(1);
  });
});

describe("a uid on a shared connection", () => {
  it.each<[string, Partial<SharedStartSettings>]>([
    ["a second client", {}],
    [
      "a second client that keeps packages",
      { capabilities: ["AcceptsPackages"], packagesStateProvider: createMemoryPackages() },
    ],
  ])("is refused to %s, until the first one has stopped [W-71]", async (_who, settings) => {
    await using shared = createSharedClients();
    const [first] = await shared.start(1);
    const instanceUid = first?.instanceUid ?? "";
    const second = shared.create({ instanceUid, ...settings });
    await expect(second.start()).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(
        `instanceUid: another client on this connection has ${instanceUid}`,
      ),
    });
    expect(shared.connection.clients).toBe(1);
    await first?.stop();
    await second.start();
    await shared.clock.settle();
    expect(second.status.state).toBe("online");
  });

  it("may be changed by the server; the former one counts too for what is under way [C-38 W-23]", async () => {
    const heard: string[] = [];
    await using shared = createSharedClients();
    const [client] = await shared.start(1, {
      customCapabilities: ["com.example.a"],
      callbacks: { onMessage: ({ customMessage }) => void heard.push(customMessage?.type ?? "-") },
    });
    const [other] = await shared.start(1);
    const former = bytesFromInstanceUid(client?.instanceUid ?? "");
    const newInstanceUid = bytesFromInstanceUid(createInstanceUid());
    const said = await shared.during(() =>
      shared.push({ instanceUid: former, agentIdentification: { newInstanceUid } }),
    );
    expect(said).toMatchObject([{ instanceUid: newInstanceUid, sequenceNum: 1n }]);
    for (const [instanceUid, type] of [
      [former, "former"],
      [newInstanceUid, "new"],
    ] as const) {
      await shared.push({ instanceUid, customMessage: { capability: "com.example.a", type } });
    }
    expect(heard).toEqual(["-", "former", "new"]);
    expect(shared.warnings).toEqual([]);
    expect(other?.status.state).toBe("online");
  });

  it("is not taken from another client, even if the server says so [W-71]", async () => {
    await using shared = createSharedClients();
    const [first, second] = await shared.start(2);
    const instanceUid = bytesFromInstanceUid(first?.instanceUid ?? "");
    const newInstanceUid = bytesFromInstanceUid(second?.instanceUid ?? "");
    await shared.push({ instanceUid, agentIdentification: { newInstanceUid } });
    expect(first?.instanceUid).toBe(instanceUidFromBytes(instanceUid));
    expect(first && shared.errorsOf(first)).toMatchObject([
      { message: expect.stringContaining("new_instance_uid ignored") },
    ]);
    const said = await shared.during(() => first?.setCustomCapabilities(["com.example.a"]));
    expect(speakers(said)).toEqual([first?.instanceUid]);
  });

  it("that nobody has costs a message, and one line in a while [W-23]", async () => {
    await using shared = createSharedClients();
    const clients = await shared.start(2);
    for (let i = 0; i < 50; i += 1) {
      await shared.push({ instanceUid: bytesFromInstanceUid(createInstanceUid()) });
    }
    expect(shared.warnings).toHaveLength(1);
    await shared.clock.advance(10_000);
    await shared.push({ instanceUid: bytesFromInstanceUid(createInstanceUid()) });
    expect(shared.warnings[1]).toContain("ignored 50 messages");
    expect(states(clients)).toEqual(["online", "online"]);
    expect(shared.server.attempts).toBe(1);
  });
});

describe("what one client goes through", () => {
  it("is not the others' when its callbacks throw [L-07]", async () => {
    const fail = (): never => {
      throw new Error("boom");
    };
    await using shared = createSharedClients();
    const bad = shared.create({
      customCapabilities: ["com.example.a"],
      callbacks: { onConnect: fail, onMessage: fail },
    });
    await bad.start();
    const [good] = await shared.start(1);
    const instanceUid = bytesFromInstanceUid(bad.instanceUid);
    await shared.push({ instanceUid, customMessage: { capability: "com.example.a" } });
    expect(shared.errorsOf(bad)).toHaveLength(2);
    expect(good && shared.errorsOf(good)).toEqual([]);
    expect([bad.status.state, good?.status.state]).toEqual(["online", "online"]);
    expect(shared.server.sessions).toHaveLength(1);
  });

  it("is not the others' when the server cannot read its message [C-217 W-71]", async () => {
    const errorResponse = { type: ServerErrorResponseType.BadRequest, errorMessage: "no" };
    await using shared = createSharedClients({
      answer: ({ customCapabilities }) => (customCapabilities ? { errorResponse } : {}),
    });
    const [bad, good] = await shared.start(2);
    const seen: string[] = [];
    const third = shared.create({ callbacks: { onServerError: () => void seen.push("third") } });
    await third.start();
    const said = await shared.during(() => bad?.setCustomCapabilities(["com.example.a"]));
    expect(speakers(said)).toEqual([bad?.instanceUid]);
    expect(seen).toEqual([]);
    expect(states([bad, good, third].flatMap((client) => client ?? []))).toEqual(
      Array(3).fill("online"),
    );
  });

  it("is what it was taking of an offer when it ended before [C-111 L-14]", async () => {
    await using shared = createSharedClients();
    const taken: string[] = [];
    const ownMetrics = { destinationEndpoint: "https://metrics.example.com" };
    await shared.start(1, {
      capabilities: ["ReportsOwnMetrics", "ReportsConnectionSettingsStatus"],
      candidateConnectionSettings: { hash: Uint8Array.of(1), others: { ownMetrics } },
      callbacks: {
        onConnectionSettings: (offers) =>
          void taken.push(offers.ownMetrics?.destinationEndpoint ?? ""),
      },
    });
    expect(taken).toEqual([ownMetrics.destinationEndpoint]);
    expect(shared.messages.at(-1)?.connectionSettingsStatus).toMatchObject({
      lastConnectionSettingsHash: Uint8Array.of(1),
    });
  });

  it("is its own request for full state [C-57 W-71]", async () => {
    await using shared = createSharedClients();
    const [first] = await shared.start(3);
    const instanceUid = bytesFromInstanceUid(first?.instanceUid ?? "");
    const flags = ServerToAgentFlags.ReportFullState;
    const said = await shared.during(() => shared.push({ instanceUid, flags }));
    expect(speakers(said)).toEqual([first?.instanceUid]);
    expect(said[0]?.agentDescription).toBeDefined();
  });

  it("has its own heartbeats, which do not come all at once [C-79 L-17]", async () => {
    let seed = 0;
    const random = (): number => {
      seed = (seed + 0.618_033_988) % 1;
      return seed;
    };
    await using shared = createSharedClients();
    await shared.start(100, { random });
    const perSecond: number[] = [];
    for (let second = 0; second < 30; second += 1) {
      perSecond.push((await shared.during(() => shared.clock.advance(1000))).length);
    }
    expect(perSecond.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...perSecond)).toBeLessThan(15);
  });

  it("keeps its own interval, offered or given [C-75 C-80]", async () => {
    await using shared = createSharedClients();
    const [slow] = await shared.start(1, { heartbeatIntervalMs: 60_000 });
    const [fast] = await shared.start(1, { heartbeatIntervalMs: 60_000 });
    const instanceUid = bytesFromInstanceUid(fast?.instanceUid ?? "");
    const opamp = { heartbeatIntervalSeconds: 10n };
    await shared.push({ instanceUid, connectionSettings: { hash: Uint8Array.of(1), opamp } });
    expect(fast?.connectionSettings).toMatchObject({
      serverUrl: "ws://localhost",
      heartbeatIntervalMs: 10_000,
    });
    const said = await shared.during(() => shared.clock.advance(59_999));
    expect(speakers(said)).toEqual(Array(5).fill(fast?.instanceUid));
    const later = await shared.during(() => shared.clock.advance(1));
    expect(speakers(later)).toContain(slow?.instanceUid);
  });
});
