import { PackageStatusEnum } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { startScriptedClient } from "./_util/scripted-client.ts";
import { startWholeAgent } from "./_util/whole-agent.ts";

const AcceptsStatus = 0x1n;
const AcceptsEffectiveConfig = 0x4n;

describe.each([false, true])("what the server said of itself, polling: %s", (pollsForMessages) => {
  it("is there for the agent to see, and stays when nothing is said [C-65 L-24]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages, answer: () => undefined });
    expect(agent.client.status.serverCapabilities).toBeUndefined();
    await using known = await startScriptedClient({
      pollsForMessages,
      answer: ({ sequenceNum }) => ({ capabilities: sequenceNum === 0n ? 0x3n : 0n }),
    });
    const said = ["AcceptsStatus", "OffersRemoteConfig"];
    expect(known.client.status.serverCapabilities).toEqual(said);
    await known.clock.advance(30_000);
    expect(known.client.status.serverCapabilities).toEqual(said);
    known.session.close();
    await known.clock.advance(5_000);
    expect(known.client.status.serverCapabilities).toEqual(said);
  });

  it("follows what the server says later, unknown bits and flags included [L-24 W-79]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    await agent.tell({ capabilities: AcceptsStatus | (1n << 40n), flags: 1n << 50n });
    expect(agent.client.status.serverCapabilities).toEqual(["AcceptsStatus", "bit40"]);
    expect(agent.client.status.serverFlags).toEqual(["bit50"]);
  });

  it("keeps back what the server does not take, from then on [C-66 L-24]", async () => {
    let body = Uint8Array.of(1);
    await using agent = await startWholeAgent({
      pollsForMessages,
      callbacks: { getEffectiveConfig: () => ({ configMap: { "": { body } } }) },
      answer: () => ({ capabilities: AcceptsStatus }),
    });
    body = Uint8Array.of(2);
    const said = await agent.during(() => {
      agent.client.updateEffectiveConfig();
      agent.client.setPackageStatuses({
        packages: { other: { name: "other", status: PackageStatusEnum.Installed } },
      });
    });
    expect(said).toEqual([]);
    const [full] = await agent.tell({ flags: 1n, capabilities: AcceptsStatus });
    expect(full?.agentDescription).toBeDefined();
    expect(full?.health).toBeDefined();
    expect(full?.effectiveConfig).toBeUndefined();
    expect(full?.packageStatuses).toBeUndefined();
  });

  it("lets what was kept back go once the server takes it [C-46 C-66]", async () => {
    let body = Uint8Array.of(1);
    let capabilities = AcceptsStatus;
    await using agent = await startWholeAgent({
      pollsForMessages,
      callbacks: { getEffectiveConfig: () => ({ configMap: { "": { body } } }) },
      answer: () => ({ capabilities }),
    });
    body = Uint8Array.of(2);
    await agent.during(() => agent.client.updateEffectiveConfig());
    capabilities = AcceptsStatus | AcceptsEffectiveConfig;
    const [said] = await agent.tell({ capabilities });
    expect(said?.effectiveConfig?.configMap?.configMap[""]?.body).toEqual(Uint8Array.of(2));
    expect(said?.packageStatuses).toBeUndefined();
  });

  it("may be nothing but status, and the agent gets along [C-66 W-26]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth", "ReportsHeartbeat"],
      health: { healthy: true },
      answer: () => ({ capabilities: AcceptsStatus }),
    });
    expect(await agent.during(() => agent.client.setHealth({ status: "a" }))).toHaveLength(1);
    expect(await agent.during(() => agent.clock.advance(30_000))).toHaveLength(1);
    expect(agent.errors).toEqual([]);
  });
});
