import {
  type ConnectionSettingsOffers,
  type ConnectionSettingsOffersInit,
  ConnectionSettingsStatuses,
  type OpAMPConnectionSettings,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import {
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";

const { APPLIED, APPLYING, FAILED } = ConnectionSettingsStatuses;

const all = [
  "AcceptsOpAMPConnectionSettings",
  "AcceptsOtherConnectionSettings",
  "ReportsOwnMetrics",
  "ReportsOwnTraces",
  "ReportsOwnLogs",
  "ReportsConnectionSettingsStatus",
] as const;

const destinationEndpoint = "https://otlp.example.com/v1/any";

function offer(hash: number, settings: Omit<ConnectionSettingsOffersInit, "hash">) {
  return { connectionSettings: { hash: Uint8Array.of(hash), ...settings } };
}

const everything = {
  opamp: { destinationEndpoint: "wss://other.example.com/v1/opamp" },
  ownMetrics: { destinationEndpoint },
  ownTraces: { destinationEndpoint },
  ownLogs: { destinationEndpoint },
  otherConnections: { store: { destinationEndpoint: "store:9000", otherSettings: { a: "b" } } },
};

describe.each([false, true])("connection settings offered, polling: %s", (pollsForMessages) => {
  const opampOffers: OpAMPConnectionSettings[] = [];
  const otherOffers: ConnectionSettingsOffers[] = [];
  const start = (options: ScriptedClientOptions = {}): Promise<ScriptedClient> => {
    opampOffers.length = 0;
    otherOffers.length = 0;
    return startScriptedClient({
      pollsForMessages,
      capabilities: all,
      ...options,
      callbacks: {
        onOpampConnectionSettings: (settings) => void opampOffers.push(settings),
        onConnectionSettings: (offers) => void otherOffers.push(offers),
        ...options.callbacks,
      },
    });
  };

  it("reach the agent by one callback each [C-47 W-37]", async () => {
    await using agent = await start();
    await agent.tell(offer(1, everything));
    expect(opampOffers).toMatchObject([everything.opamp]);
    const { opamp: _, ...others } = everything;
    expect(otherOffers).toMatchObject([{ ...others, hash: Uint8Array.of(1) }]);
    expect(otherOffers[0]?.opamp).toBeUndefined();
  });

  it.each([
    ["ReportsOwnMetrics", "ownMetrics"],
    ["ReportsOwnTraces", "ownTraces"],
    ["ReportsOwnLogs", "ownLogs"],
  ] as const)("hold only what %s allows [C-64]", async (capability, part) => {
    await using agent = await start({ capabilities: [capability] });
    await agent.tell(offer(1, everything));
    expect(opampOffers).toEqual([]);
    expect(otherOffers).toHaveLength(1);
    for (const name of ["ownMetrics", "ownTraces", "ownLogs"] as const) {
      expect(otherOffers[0]?.[name] !== undefined).toBe(name === part);
    }
    expect(otherOffers[0]?.otherConnections).toEqual({});
  });

  it("hold only other connections, or only OpAMP's, where that is declared [C-64 C-140 C-147]", async () => {
    await using other = await start({ capabilities: ["AcceptsOtherConnectionSettings"] });
    await other.tell(offer(1, everything));
    expect(opampOffers).toEqual([]);
    expect(otherOffers[0]?.otherConnections).toMatchObject(everything.otherConnections);
    expect(otherOffers[0]?.ownMetrics).toBeUndefined();
    await using own = await start({ capabilities: ["AcceptsOpAMPConnectionSettings"] });
    await own.tell(offer(1, everything));
    expect(opampOffers).toHaveLength(1);
    expect(otherOffers).toEqual([]);
  });

  it("are handed over once for each hash, and cause no message without the status capability [C-49 C-50 C-71]", async () => {
    await using agent = await start({
      capabilities: all.filter((name) => name !== "ReportsConnectionSettingsStatus"),
    });
    for (let i = 0; i < 5; i += 1) expect(await agent.tell(offer(1, everything))).toEqual([]);
    expect(opampOffers).toHaveLength(1);
    expect(otherOffers).toHaveLength(1);
    await agent.tell(offer(2, everything));
    expect(opampOffers).toHaveLength(2);
  });

  it("are not handed over again after a restart that remembers them [C-49 C-50]", async () => {
    const connectionSettingsStatus = {
      lastConnectionSettingsHash: Uint8Array.of(1),
      status: APPLIED,
    };
    await using agent = await start({ connectionSettingsStatus });
    expect(agent.messages[0]?.connectionSettingsStatus).toMatchObject(connectionSettingsStatus);
    expect(await agent.tell(offer(1, everything))).toEqual([]);
    expect(opampOffers).toEqual([]);
  });

  it("are reported as APPLYING, and then as the agent says [C-112 C-125 C-126 C-127 L-14 W-38]", async () => {
    await using agent = await start();
    const [applying, ...more] = await agent.tell(offer(1, everything));
    expect(more).toEqual([]);
    expect(applying?.connectionSettingsStatus).toMatchObject({
      lastConnectionSettingsHash: Uint8Array.of(1),
      status: APPLYING,
      errorMessage: "",
    });
    const applied = { lastConnectionSettingsHash: Uint8Array.of(1), status: APPLIED };
    const [said] = await agent.during(() => agent.client.setConnectionSettingsStatus(applied));
    expect(said?.connectionSettingsStatus).toMatchObject(applied);
    expect(await agent.during(() => agent.client.setConnectionSettingsStatus(applied))).toEqual([]);
    const [full] = await agent.tell({ flags: 1n });
    expect(full?.connectionSettingsStatus).toMatchObject(applied);
  });

  it.each(["onOpampConnectionSettings", "onConnectionSettings"] as const)(
    "are reported as FAILED when %s fails [C-108 C-127 C-128 L-07 L-14]",
    async (name) => {
      await using agent = await start({
        callbacks: {
          [name]: async () => {
            throw new Error("cannot resolve the name");
          },
        },
      });
      const said = await agent.tell(offer(1, everything));
      expect(said.at(-1)?.connectionSettingsStatus).toMatchObject({
        lastConnectionSettingsHash: Uint8Array.of(1),
        status: FAILED,
        errorMessage: expect.stringContaining("cannot resolve the name"),
      });
      expect(agent.errors[0]?.code).toBe("callback-failed");
      expect(await agent.tell(offer(1, everything))).toEqual([]);
    },
  );

  it("are reported as FAILED when the agent has no callback for them, or accepts none [C-108 L-14]", async () => {
    const capabilities = ["ReportsConnectionSettingsStatus", "ReportsOwnLogs"] as const;
    await using mute = await startScriptedClient({ pollsForMessages, capabilities });
    const failed = { lastConnectionSettingsHash: Uint8Array.of(1), status: FAILED };
    const [said] = await mute.tell(offer(1, everything));
    expect(said?.connectionSettingsStatus).toMatchObject(failed);
    await using unwilling = await start({ capabilities });
    const [refused] = await unwilling.tell(offer(1, { opamp: everything.opamp }));
    expect(refused?.connectionSettingsStatus).toMatchObject(failed);
    expect(opampOffers).toEqual([]);
  });

  it("are reported as APPLIED when there is nothing in them to apply [L-14]", async () => {
    await using agent = await start();
    const [said] = await agent.tell(offer(1, {}));
    expect(said?.connectionSettingsStatus?.status).toBe(APPLIED);
  });

  it("keep the outcome of a newer offer when an older one fails late [C-125 L-14]", async () => {
    const late = Promise.withResolvers<void>();
    await using agent = await start({
      callbacks: {
        onOpampConnectionSettings: (settings) => {
          opampOffers.push(settings);
          return opampOffers.length === 1 ? late.promise : undefined;
        },
      },
    });
    await agent.tell(offer(1, { opamp: everything.opamp }));
    await agent.tell(offer(2, { opamp: everything.opamp }));
    const applied = { lastConnectionSettingsHash: Uint8Array.of(2), status: APPLIED };
    await agent.during(() => agent.client.setConnectionSettingsStatus(applied));
    expect(await agent.during(() => late.reject(new Error("too late")))).toEqual([]);
    const [full] = await agent.tell({ flags: 1n });
    expect(full?.connectionSettingsStatus).toMatchObject(applied);
  });

  it("hold nothing up when the callback never returns [L-07]", async () => {
    await using agent = await start({
      callbacks: { onOpampConnectionSettings: () => new Promise(() => {}) },
    });
    await agent.tell(offer(1, everything));
    expect(otherOffers).toHaveLength(1);
    const said = await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    expect(said).toHaveLength(1);
  });

  it("may lack anything [L-01]", async () => {
    await using agent = await start();
    await agent.tell({ connectionSettings: {} });
    await agent.tell(offer(1, {}));
    const said = await agent.tell(
      offer(2, { ownMetrics: { tls: {} }, otherConnections: { a: {} } }),
    );
    expect(said.at(-1)?.connectionSettingsStatus).toMatchObject({
      status: FAILED,
      errorMessage: "own_metrics: destination_endpoint: is empty",
    });
    await agent.tell(offer(3, { opamp: {}, otherConnections: { a: {} } }));
    await agent.tell({ connectionSettings: { opamp: {} } });
    expect(opampOffers.map((settings) => settings.destinationEndpoint)).toEqual(["", ""]);
    expect(otherOffers).toHaveLength(1);
    expect(agent.errors).toEqual([]);
    expect(agent.client.status.state).toBe("online");
  });

  it.each([undefined, null, {}, { lastConnectionSettingsHash: new Uint8Array(0) }])(
    "have no status like %o",
    async (wrong) => {
      await using agent = await start();
      expect(() => agent.client.setConnectionSettingsStatus(wrong as never)).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    },
  );

  it("change the interval of heartbeats or polls [C-14 C-75 C-78]", async () => {
    await using agent = await start({ capabilities: [...all, "ReportsHeartbeat"] });
    const opamp = { ...everything.opamp, heartbeatIntervalSeconds: 7n };
    await agent.tell(offer(1, { opamp }));
    expect(await agent.during(() => agent.clock.advance(70_000))).toHaveLength(10);
  });

  it("leave the interval alone without an opamp block [A-01 C-109 L-22]", async () => {
    await using agent = await start({ capabilities: [...all, "ReportsHeartbeat"] });
    await agent.tell(offer(1, { ownMetrics: { destinationEndpoint } }));
    expect(await agent.during(() => agent.clock.advance(60_000))).toHaveLength(2);
    await agent.tell(offer(2, { opamp: { ...everything.opamp, heartbeatIntervalSeconds: 10n } }));
    await agent.tell(offer(3, { ownMetrics: { destinationEndpoint } }));
    await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    expect(await agent.during(() => agent.clock.advance(30_000))).toHaveLength(3);
  });

  it("stop heartbeats by an interval of 0, and never polls [A-01 C-20 C-76 L-22]", async () => {
    await using agent = await start({ capabilities: [...all, "ReportsHeartbeat"] });
    await agent.tell(offer(1, { opamp: { ...everything.opamp, heartbeatIntervalSeconds: 0n } }));
    const beats = await agent.during(() => agent.clock.advance(120_000));
    expect(beats).toHaveLength(pollsForMessages ? 4 : 0);
    await agent.tell(offer(2, { opamp: { ...everything.opamp, heartbeatIntervalSeconds: 10n } }));
    await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    expect(await agent.during(() => agent.clock.advance(30_000))).toHaveLength(3);
  });

  it("need ReportsHeartbeat alone for the interval, and on WebSocket need it [A-07 C-75 L-22]", async () => {
    const opamp = { ...everything.opamp, heartbeatIntervalSeconds: 5n };
    await using beating = await start({ capabilities: ["ReportsHeartbeat"] });
    await beating.tell(offer(1, { opamp }));
    expect(await beating.during(() => beating.clock.advance(10_000))).toHaveLength(2);
    await using silent = await start({ capabilities: [] });
    await silent.tell(offer(1, { opamp }));
    const said = await silent.during(() => silent.clock.advance(60_000));
    expect(said).toHaveLength(pollsForMessages ? 2 : 0);
  });
});
