import { OpAMPError, PackageStatusEnum, RemoteConfigStatuses, statusParts } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

describe.each([false, true])("status reports, polling: %s", (pollsForMessages) => {
  it("opens with a status report that holds every part it has [C-44 C-46 C-61 C-62 W-25]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth", "ReportsRemoteConfig", "ReportsEffectiveConfig"],
      health: { healthy: true },
      remoteConfigStatus: {
        lastRemoteConfigHash: Uint8Array.of(1),
        status: RemoteConfigStatuses.APPLIED,
      },
      callbacks: { getEffectiveConfig: () => ({ configMap: { "": { body: Uint8Array.of(2) } } }) },
    });
    const [first] = agent.messages;
    expect(first).toMatchObject({ sequenceNum: 0n, health: { healthy: true } });
    expect(first?.agentDescription?.identifyingAttributes).toHaveLength(1);
    expect(first?.remoteConfigStatus?.status).toBe(RemoteConfigStatuses.APPLIED);
    expect(first?.effectiveConfig?.configMap?.configMap[""]?.body).toEqual(Uint8Array.of(2));
    expect((first?.capabilities ?? 0n) & 1n).toBe(1n);
    expect(agent.messages).toHaveLength(1);
  });

  it("reports a change, whole and alone, with the next number [C-41 C-46 C-53 C-55]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth"],
      health: { healthy: true, status: "up" },
    });
    const said = await agent.during(() =>
      agent.client.setHealth({ healthy: false, lastError: "disk" }),
    );
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({
      sequenceNum: 1n,
      health: { healthy: false, lastError: "disk", status: "" },
    });
    expect(said[0]?.agentDescription).toBeUndefined();
  });

  it("says nothing when a value is set that the server has [C-50 C-52]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth"],
      health: { healthy: true, componentHealthMap: { a: { healthy: true }, b: {} } },
    });
    const said = await agent.during(() =>
      agent.client.setHealth({
        healthy: true,
        componentHealthMap: { b: {}, a: { healthy: true, status: "" } },
      }),
    );
    expect(said).toEqual([]);
  });

  it("sends what is set in one turn as one message with the newest values [C-223]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
    });
    const said = await agent.during(() => {
      for (let i = 0; i < 100; i += 1) agent.client.setHealth({ status: `step ${i}` });
      agent.client.setCustomCapabilities(["com.example.a"]);
    });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({
      health: { status: "step 99" },
      customCapabilities: { capabilities: ["com.example.a"] },
    });
  });

  it("keeps only the newest state while it has no connection [C-223 C-224]", async () => {
    const agent = createScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth", "ReportsPackageStatuses"],
      health: { healthy: true },
    });
    await using _ = agent;
    agent.server.refuseNext(new OpAMPError("connect-failed", "nobody listens"));
    await agent.client.start();
    await agent.clock.settle();
    for (let i = 0; i < 1000; i += 1) {
      agent.client.setHealth({ status: `step ${i}` });
      agent.client.setPackageStatuses({
        packages: {
          a: { name: "a", agentHasVersion: `${i}`, status: PackageStatusEnum.Installed },
        },
      });
    }
    await agent.clock.advance(10_000);
    expect(agent.messages).toHaveLength(1);
    expect(agent.messages[0]?.health?.status).toBe("step 999");
    expect(agent.messages[0]?.packageStatuses?.packages.a?.agentHasVersion).toBe("999");
  });

  it("misses no change, whenever it comes [C-46 L-08]", async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      await using agent = await startScriptedClient({
        pollsForMessages,
        capabilities: ["ReportsHealth"],
        health: { healthy: true },
      });
      const said = await agent.during(async () => {
        agent.client.setHealth({ status: "first" });
        for (let i = 0; i < turns; i += 1) await Promise.resolve();
        agent.client.setHealth({ status: "last" });
      });
      expect(said.at(-1)?.health?.status).toBe("last");
    }
  });

  it("beats with uid, number and capabilities alone [C-11 C-42 C-56 C-61 C-77]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    const [beat, ...more] = await agent.during(() => agent.clock.advance(30_000));
    expect(more).toEqual([]);
    expect(beat).toMatchObject({ sequenceNum: 1n, capabilities: 0x2001n, flags: 0n });
    expect(beat?.instanceUid).toHaveLength(16);
    for (const part of statusParts) expect(beat?.[part]).toBeUndefined();
  });

  it("leaves out what the server has when it comes back, and counts on [C-43 C-45]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    const said = await agent.during(async () => {
      agent.session.close();
      await agent.clock.advance(10_000);
    });
    expect(said).toHaveLength(1);
    expect(said[0]?.sequenceNum).toBe(2n);
    for (const part of statusParts) expect(said[0]?.[part]).toBeUndefined();
  });

  it("reports again what was not answered before the connection was lost [C-221 C-225 L-08]", async () => {
    let mute = false;
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
      answer: () => (mute ? undefined : {}),
    });
    mute = true;
    await agent.during(() => agent.client.setHealth({ status: "may be lost" }));
    mute = false;
    const said = await agent.during(async () => {
      agent.session.close();
      await agent.clock.advance(10_000);
    });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ sequenceNum: 2n, health: { status: "may be lost" } });
    expect(said[0]?.agentDescription).toBeUndefined();
  });

  it("reports again what could not be written [C-225 L-08]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
    });
    agent.session.failNextSend(new OpAMPError("connection-lost", "broken pipe"));
    const said = await agent.during(async () => {
      agent.client.setHealth({ status: "kept" });
      await agent.clock.advance(10_000);
    });
    expect(said).toHaveLength(1);
    expect(said[0]?.health?.status).toBe("kept");
  });

  it("keeps no hold on what it was given", async () => {
    const hash = Uint8Array.of(1);
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsRemoteConfig"],
      remoteConfigStatus: { lastRemoteConfigHash: hash, status: RemoteConfigStatuses.APPLIED },
    });
    hash[0] = 9;
    const [full] = await agent.tell({ flags: 1n });
    expect(full?.remoteConfigStatus?.lastRemoteConfigHash).toEqual(Uint8Array.of(1));
  });
});
