import { describe, expect, it } from "vitest";
import { createScriptedClient, declares, startScriptedClient } from "./_util/scripted-client.ts";
import { wholeAgent } from "./_util/whole-agent.ts";

describe.each([false, true])("capabilities, polling: %s", (pollsForMessages) => {
  it("declares status and heartbeats when not told what [C-62 C-72 C-250]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    expect(agent.messages[0]?.capabilities).toBe(0x2001n);
  });

  it("declares what it was told and ReportsStatus, in every message [C-56 C-60 C-61 C-62 C-67 C-68 W-77]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsRemoteConfig", "ReportsEffectiveConfig"],
      callbacks: { getEffectiveConfig: () => ({}) },
    });
    await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    await agent.tell({ flags: 1n });
    await agent.stop();
    expect(agent.messages.length).toBeGreaterThan(3);
    for (const { capabilities } of agent.messages) expect(capabilities).toBe(0x7n);
  });

  it("sends changed capabilities at once, and equal ones not at all [C-52 C-63]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsRemoteConfig"],
    });
    const same = await agent.during(() =>
      agent.client.setCapabilities(["AcceptsRemoteConfig", "ReportsStatus"]),
    );
    expect(same).toEqual([]);
    const [changed] = await agent.during(() =>
      agent.client.setCapabilities(["AcceptsPackages", "AcceptsRestartCommand"]),
    );
    expect(changed?.capabilities).toBe(0x409n);
    expect(changed?.agentDescription).toBeUndefined();
    const [again] = await agent.during(() => agent.client.setCapabilities([]));
    expect(again?.capabilities).toBe(1n);
  });

  it("takes capabilities before the start, without a check until then [C-63]", async () => {
    const agent = createScriptedClient({ pollsForMessages });
    await using _ = agent;
    agent.client.setCapabilities(["ReportsAvailableComponents"]);
    await expect(agent.client.start()).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("ReportsAvailableComponents"),
    });
    expect(agent.server.attempts).toBe(0);
    agent.client.setAvailableComponents({ hash: Uint8Array.of(1) });
    await agent.client.start();
    await agent.clock.settle();
    expect(agent.messages[0]?.availableComponents?.hash).toEqual(Uint8Array.of(1));
  });

  it.each([
    ["ReportsHealth", "settings.health"],
    ["ReportsAvailableComponents", "settings.availableComponents"],
    ["ReportsEffectiveConfig", "getEffectiveConfig"],
  ] as const)(
    "refuses %s without what it takes, before and after the start",
    async (capability, what) => {
      const refusal = { code: "invalid-argument", message: expect.stringContaining(what) };
      const early = createScriptedClient({ pollsForMessages, capabilities: [capability] });
      await expect(early.client.start()).rejects.toMatchObject(refusal);
      await using agent = await startScriptedClient({ pollsForMessages, capabilities: [] });
      expect(() => agent.client.setCapabilities([capability])).toThrow(
        expect.objectContaining(refusal),
      );
      const [beat] = await agent.during(() => agent.client.setFlags(["RequestInstanceUid"]));
      expect(beat?.capabilities).toBe(1n);
    },
  );

  it("refuses components with an empty hash [C-207]", async () => {
    const agent = createScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsAvailableComponents"],
      availableComponents: { hash: new Uint8Array(0) },
    });
    await expect(agent.client.start()).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("refuses a capability that no agent has [C-60 W-77]", async () => {
    const agent = createScriptedClient({ pollsForMessages });
    for (const name of ["bit40", "AcceptsEverything", "toString"]) {
      const wrong = [name as "ReportsStatus"];
      expect(() => createScriptedClient({ capabilities: wrong })).toThrow(name);
      expect(() => agent.client.setCapabilities(wrong)).toThrow(name);
    }
  });

  it("sets nothing that was not declared [C-69 C-70 C-71]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages, capabilities: [] });
    const { client } = agent;
    const calls = {
      ReportsHealth: () => client.setHealth({ healthy: true }),
      ReportsEffectiveConfig: () => client.updateEffectiveConfig(),
      ReportsRemoteConfig: () => client.setRemoteConfigStatus({ status: 1 }),
      ReportsPackageStatuses: () => client.setPackageStatuses({}),
      ReportsAvailableComponents: () => client.setAvailableComponents({ hash: Uint8Array.of(1) }),
      ReportsConnectionSettingsStatus: () =>
        client.setConnectionSettingsStatus({ lastConnectionSettingsHash: Uint8Array.of(1) }),
    };
    const said = await agent.during(() => {
      for (const [capability, call] of Object.entries(calls)) {
        const code = "capability-not-declared";
        expect(call).toThrow(
          expect.objectContaining({ code, message: expect.stringContaining(capability) }),
        );
      }
    });
    expect(said).toEqual([]);
  });

  it("reports what it had kept back once the capability is there [C-46 C-63 C-69]", async () => {
    await using agent = await startScriptedClient({
      ...wholeAgent,
      pollsForMessages,
      capabilities: [],
    });
    const [said] = await agent.during(() => agent.client.setCapabilities(["ReportsHealth"]));
    expect(said?.health?.status).toBe("up");
    expect(said !== undefined && declares(said, "ReportsHealth")).toBe(true);
    expect(said?.availableComponents).toBeUndefined();
  });

  it("handles nothing of what it did not declare [C-64 W-26]", async () => {
    const called: string[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: [],
      callbacks: {
        onMessage: () => void called.push("onMessage"),
        onCommand: () => void called.push("onCommand"),
        onOpampConnectionSettings: () => void called.push("onOpampConnectionSettings"),
        onConnectionSettings: () => void called.push("onConnectionSettings"),
        saveRemoteConfigStatus: () => void called.push("saveRemoteConfigStatus"),
      },
    });
    const telemetry = { destinationEndpoint: "https://otlp.example.com" };
    const said = await agent.tell({
      remoteConfig: { configHash: Uint8Array.of(1), config: { configMap: { a: {} } } },
      packagesAvailable: { packages: { a: {} }, allPackagesHash: Uint8Array.of(1) },
      connectionSettings: {
        hash: Uint8Array.of(1),
        opamp: { destinationEndpoint: "wss://other.example.com", heartbeatIntervalSeconds: 1n },
        ownMetrics: telemetry,
        ownTraces: telemetry,
        ownLogs: telemetry,
        otherConnections: { a: {} },
      },
      flags: 2n,
      customMessage: { capability: "com.example.a", type: "x" },
    });
    expect(said).toEqual([]);
    expect(called).toEqual([]);
  });
});
