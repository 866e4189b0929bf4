import {
  type AgentToServer,
  type ConnectionSettingsOffersInit,
  ConnectionSettingsStatuses,
  type OpAMPConnectionSettingsInit,
  OpAMPError,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type {
  ConnectionSettingsRecord,
  StartSettings,
  WholeConnectionSettings,
} from "../src/index.ts";
import { createMemoryPackages } from "./_util/memory-packages.ts";
import { refused } from "./_util/problems.ts";
import {
  createSwitchingClient,
  type SwitchingClient,
  startSwitchingClient,
} from "./_util/switching-client.ts";

const { APPLIED, APPLYING, FAILED } = ConnectionSettingsStatuses;

const capabilities = [
  "AcceptsOpAMPConnectionSettings",
  "ReportsConnectionSettingsStatus",
  "ReportsOwnMetrics",
  "ReportsHeartbeat",
] as const;

const hash = Uint8Array.of(1, 2, 3);

function offer(
  opamp: OpAMPConnectionSettingsInit,
  others: ConnectionSettingsOffersInit = {},
): ServerToAgentInit {
  return { connectionSettings: { hash, opamp, ...others } };
}

function wholeSettings(serverUrl: string): WholeConnectionSettings {
  const nothing = { headers: {}, tls: {}, proxy: null, compression: false };
  return { serverUrl, heartbeatIntervalMs: 60_000, ...nothing };
}

/** What the messages say of connection settings, in order. */
const statuses = (messages: readonly AgentToServer[]) =>
  messages.flatMap(({ connectionSettingsStatus: status }) => (status ? [status] : []));

describe.each([
  ["ws", "ws"],
  ["http", "http"],
  ["ws", "http"],
  ["http", "ws"],
])("an offer to go from %s to %s", (from, to) => {
  const [oldUrl, newUrl] = [`${from}://old.example.com`, `${to}://new.example.com`];
  const saved: ConnectionSettingsRecord[] = [];

  function create(settings: Partial<StartSettings> = {}): SwitchingClient {
    saved.length = 0;
    return createSwitchingClient({
      serverUrl: oldUrl,
      capabilities,
      heartbeatIntervalMs: 60_000,
      ...settings,
      callbacks: {
        saveConnectionSettings: (record) => void saved.push(record),
        ...settings.callbacks,
      },
    });
  }

  /** Starts with an offer in the first answer, and lets things happen. */
  async function start(
    message: ServerToAgentInit,
    settings: Partial<StartSettings> = {},
    prepare: (agent: SwitchingClient) => void = () => {},
  ): Promise<SwitchingClient> {
    const agent = create(settings);
    const old = agent.at(oldUrl);
    old.answer = () => (old.messages.length === 1 ? message : {});
    prepare(agent);
    await agent.client.start();
    await agent.clock.settle();
    return agent;
  }

  it("is APPLYING on the old connection and APPLIED on the new one [C-111 C-112 C-114 C-116 C-117 C-121 L-14]", async () => {
    await using agent = await start(offer({ destinationEndpoint: newUrl }));
    expect(agent.trace.slice(0, 4)).toEqual(["old 0", "old 1", "old 2 goodbye", "new 3"]);
    expect(statuses(agent.at(oldUrl).messages)[0]).toMatchObject({ status: APPLYING });
    expect(statuses(agent.at(newUrl).messages).at(-1)).toMatchObject({
      lastConnectionSettingsHash: hash,
      status: APPLIED,
      errorMessage: "",
    });
    expect(saved.map(({ stage }) => stage)).toEqual(["candidate", "valid"]);
    expect(saved.at(-1)).toMatchObject({ hash, settings: { serverUrl: newUrl } });
    expect(agent.mostSessions).toBe(1);
  });

  it("is reported and not taken without a hash, by which a repetition could be told [C-49 L-01]", async () => {
    const errors: OpAMPError[] = [];
    const { connectionSettings } = offer({ destinationEndpoint: newUrl });
    await using agent = await start(
      { connectionSettings: { ...connectionSettings, hash: new Uint8Array() } },
      { callbacks: { onError: (error) => void errors.push(error) } },
    );
    expect(agent.at(newUrl).messages).toEqual([]);
    expect(agent.client.status.state).toBe("online");
    expect(errors).toMatchObject([
      { code: "malformed-message", message: expect.stringContaining("hash") },
    ]);
  });

  it("is FAILED on the old connection when the new server cannot be reached [C-114 C-118 C-119 L-14]", async () => {
    await using agent = await start(offer({ destinationEndpoint: newUrl }), {}, ({ at }) =>
      at(newUrl).server.refuseNext(refused()),
    );
    expect(statuses(agent.at(oldUrl).messages).at(-1)).toMatchObject({
      lastConnectionSettingsHash: hash,
      status: FAILED,
      errorMessage: "the connection was refused",
    });
    expect(saved.map(({ stage }) => stage)).toEqual(["candidate", "dropped"]);
    expect(agent.client.status.state).toBe("online");
    expect(agent.trace.map((line) => Number(line.split(" ")[1]))).toEqual(
      agent.trace.map((_, index) => index),
    );
  });

  it("is FAILED when the new server answers 401, and not tried again [C-105 C-115 C-119 C-243 L-13]", async () => {
    await using agent = await start(offer({ destinationEndpoint: newUrl }), {}, ({ at }) =>
      at(newUrl).server.refuseNext(new OpAMPError("unauthorized", "status 401", { status: 401 })),
    );
    const old = agent.at(oldUrl);
    expect(statuses(old.messages).at(-1)).toMatchObject({
      status: FAILED,
      errorMessage: "status 401",
    });
    old.answer = () => offer({ destinationEndpoint: newUrl });
    await agent.clock.advance(300_000);
    expect(agent.at(newUrl).server.attempts).toBe(1);
  });

  it("takes headers and the interval of the offer, and the old ones back after a failure [C-118 C-122 L-22]", async () => {
    const headers = { headers: [{ key: "Authorization", value: "Bearer 2" }] };
    const opamp = { destinationEndpoint: newUrl, headers, heartbeatIntervalSeconds: 5n };
    await using agent = await start(offer(opamp), { headers: { a: "1" } });
    expect(agent.settings.at(-1)).toMatchObject({
      headers: { Authorization: "Bearer 2" },
      heartbeatIntervalMs: 5000,
    });
    const beats = agent.at(newUrl).messages.length;
    await agent.clock.advance(50_000);
    expect(agent.at(newUrl).messages.length - beats).toBe(10);
    await using failing = await start(offer(opamp), {}, ({ at }) =>
      at(newUrl).server.refuseNext(refused()),
    );
    const before = failing.at(oldUrl).messages.length;
    await failing.clock.advance(120_000);
    expect(failing.at(oldUrl).messages.length - before).toBe(2);
  });

  it("is refused by name, without leaving the old connection [C-108 C-161 L-01 L-14]", async () => {
    for (const [opamp, problem] of [
      [{}, "destination_endpoint: is empty"],
      [{ destinationEndpoint: "gopher://a" }, "destination_endpoint: "],
      [
        { destinationEndpoint: newUrl, tls: { insecureSkipVerify: true } },
        "tls.insecure_skip_verify: ",
      ],
      [{ destinationEndpoint: newUrl, proxy: {} }, "proxy: "],
    ] as const) {
      await using agent = await start(offer(opamp));
      expect(statuses(agent.at(oldUrl).messages).at(-1)).toMatchObject({
        status: FAILED,
        errorMessage: expect.stringContaining(problem),
      });
      expect(agent.at(oldUrl).server.sessions).toHaveLength(1);
      expect(saved).toEqual([]);
    }
  });

  it("is FAILED when the candidate cannot be stored, or the callback never ends [C-111 L-07 L-14]", async () => {
    const fail = async (): Promise<void> => {
      throw new Error("disk full");
    };
    for (const [saveConnectionSettings, problem] of [
      [fail, "disk full"],
      [() => new Promise<void>(() => {}), "did not finish within 30000 ms"],
    ] as const) {
      await using agent = await start(offer({ destinationEndpoint: newUrl }), {
        callbacks: { saveConnectionSettings },
      });
      await agent.clock.advance(30_000);
      expect(statuses(agent.at(oldUrl).messages).at(-1)).toMatchObject({
        status: FAILED,
        errorMessage: expect.stringContaining(problem),
      });
      expect(agent.at(newUrl).server.attempts).toBe(0);
    }
  });

  it("is refused with a certificate when it could not be stored [C-120]", async () => {
    const certificate = { cert: Uint8Array.of(1), privateKey: Uint8Array.of(2) };
    await using agent = await startSwitchingClient({ serverUrl: oldUrl, capabilities });
    const old = agent.at(oldUrl);
    old.answer = () => offer({ destinationEndpoint: newUrl, certificate });
    agent.client.setCustomCapabilities(["com.example.a"]);
    await agent.clock.settle();
    expect(statuses(old.messages).at(-1)).toMatchObject({
      status: FAILED,
      errorMessage: expect.stringContaining("saveConnectionSettings"),
    });
    expect(agent.at(newUrl).server.attempts).toBe(0);
  });

  it("is stored as candidate while the client stops in the middle, and tried by the next run [C-111 L-14]", async () => {
    await using agent = await start(offer({ destinationEndpoint: newUrl }), {}, ({ at }) =>
      at(newUrl).server.stall(),
    );
    await agent.stop();
    expect(saved.map(({ stage }) => stage)).toEqual(["candidate"]);
    const [candidate] = saved;
    if (candidate === undefined) throw new Error("nothing was stored");
    const connectionSettingsStatus = { lastConnectionSettingsHash: hash, status: APPLYING };
    await using good = create({ candidateConnectionSettings: candidate, connectionSettingsStatus });
    await good.client.start();
    await good.clock.settle();
    expect(good.at(oldUrl).messages).toEqual([]);
    expect(statuses(good.at(newUrl).messages).at(-1)).toMatchObject({
      lastConnectionSettingsHash: hash,
      status: APPLIED,
    });
    expect(saved.map(({ stage }) => stage)).toEqual(["valid"]);
    await using bad = create({ candidateConnectionSettings: candidate });
    bad.at(newUrl).server.refuseNext(refused());
    await bad.client.start();
    await bad.clock.settle();
    expect(statuses(bad.at(oldUrl).messages).at(-1)).toMatchObject({
      lastConnectionSettingsHash: hash,
      status: FAILED,
    });
    expect(saved.map(({ stage }) => stage)).toEqual(["dropped"]);
  });

  it("is left to the next run when the client stops while it still restores packages [C-111 L-14 L-21]", async () => {
    const restored = Promise.withResolvers<void>();
    const packagesStateProvider = createMemoryPackages();
    packagesStateProvider.onCall = () => restored.promise;
    await using agent = create({
      capabilities: [...capabilities, "AcceptsPackages"],
      packagesStateProvider,
      candidateConnectionSettings: { hash, settings: wholeSettings(newUrl) },
    });
    const started = agent.client.start();
    await agent.stop();
    restored.resolve();
    await started;
    await agent.clock.settle();
    expect(agent.client.status.state).toBe("stopped");
    expect(agent.clock.pendingTimers).toBe(0);
    expect(saved).toEqual([]);
  });

  it("gives way to a newer one that comes before the switch has begun [C-125 L-14]", async () => {
    const stored = Promise.withResolvers<void>();
    let calls = 0;
    await using agent = await start(offer({ destinationEndpoint: newUrl }), {
      callbacks: {
        saveConnectionSettings: () => {
          calls += 1;
          return calls === 1 ? stored.promise : undefined;
        },
      },
    });
    const old = agent.at(oldUrl);
    const third = `${to}://third.example.com`;
    old.answer = () => ({
      connectionSettings: { hash: Uint8Array.of(9), opamp: { destinationEndpoint: third } },
    });
    agent.client.setCustomCapabilities(["com.example.a"]);
    await agent.clock.settle();
    stored.resolve();
    await agent.clock.settle();
    expect(agent.at(newUrl).server.attempts).toBe(0);
    expect(statuses(agent.at(third).messages).at(-1)).toMatchObject({
      lastConnectionSettingsHash: Uint8Array.of(9),
      status: APPLIED,
    });
  });

  it("may come with the first answer on the new connection [L-14]", async () => {
    const third = `${to}://third.example.com`;
    await using agent = await start(offer({ destinationEndpoint: newUrl }), {}, ({ at }) => {
      at(newUrl).answer = () => ({
        connectionSettings: { hash: Uint8Array.of(9), opamp: { destinationEndpoint: third } },
      });
    });
    expect(statuses(agent.at(third).messages).at(-1)).toMatchObject({
      lastConnectionSettingsHash: Uint8Array.of(9),
      status: APPLIED,
    });
    expect(saved.map(({ stage, settings }) => [stage, settings.serverUrl])).toEqual([
      ["candidate", newUrl],
      ["valid", newUrl],
      ["candidate", third],
      ["valid", third],
    ]);
  });

  it("reaches the callback for own telemetry only after the switch; one status covers both [C-128]", async () => {
    const ownMetrics = { destinationEndpoint: "https://otlp.example.com/v1/metrics" };
    const handed: string[] = [];
    const settings = (fails: boolean): Partial<StartSettings> => ({
      callbacks: {
        onConnectionSettings: (offers) => {
          handed.push(offers.ownMetrics?.destinationEndpoint ?? "none");
          if (fails) throw new Error("no such exporter");
        },
      },
    });
    const both = offer({ destinationEndpoint: newUrl }, { ownMetrics });
    await using good = await start(both, settings(false));
    expect(statuses(good.at(newUrl).messages).at(-1)?.status).toBe(APPLIED);
    await using partly = await start(both, settings(true));
    expect(statuses(partly.at(newUrl).messages).at(-1)?.status).toBe(FAILED);
    expect(handed).toHaveLength(2);
    await using failed = await start(both, settings(false), ({ at }) =>
      at(newUrl).server.refuseNext(refused()),
    );
    expect(statuses(failed.at(oldUrl).messages).at(-1)?.status).toBe(FAILED);
    expect(handed).toHaveLength(2);
  });
});

describe("an offer of nothing but a heartbeat interval", () => {
  it("is APPLIED without a switch [C-75 L-22]", async () => {
    await using agent = await startSwitchingClient({ capabilities });
    const old = agent.at("ws://old.example.com");
    old.answer = () => offer({ heartbeatIntervalSeconds: 5n });
    agent.client.setCustomCapabilities(["com.example.a"]);
    await agent.clock.settle();
    expect(statuses(old.messages).at(-1)?.status).toBe(APPLIED);
    const before = old.messages.length;
    await agent.clock.advance(50_000);
    expect(old.messages.length - before).toBe(10);
    expect(old.server.sessions).toHaveLength(1);
  });
});
