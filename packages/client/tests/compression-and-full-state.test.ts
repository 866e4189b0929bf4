import {
  bytesFromInstanceUid,
  createInstanceUid,
  ServerToAgentFlags,
  statusParts,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { startScriptedClient } from "./_util/scripted-client.ts";
import { startWholeAgent, wholeAgent } from "./_util/whole-agent.ts";

const { ReportFullState } = ServerToAgentFlags;

describe.each([false, true])("compression and full state, polling: %s", (pollsForMessages) => {
  it("says every part once and leaves it out from then on [C-53 C-54 C-205 C-213]", async () => {
    await using agent = await startWholeAgent({ pollsForMessages });
    const [first] = agent.messages;
    for (const part of statusParts) expect(first?.[part]).toBeDefined();
    const [second] = await agent.during(() => agent.clock.advance(30_000));
    expect(second).toBeDefined();
    for (const part of statusParts) expect(second?.[part]).toBeUndefined();
  });

  it("sends a part whole when one field of it changes [C-55]", async () => {
    await using agent = await startWholeAgent({ pollsForMessages });
    const [change] = await agent.during(() =>
      agent.client.setAgentDescription({
        identifyingAttributes: { "service.name": "edge", "service.version": "2" },
        nonIdentifyingAttributes: { "os.type": "linux" },
      }),
    );
    expect(change?.agentDescription?.identifyingAttributes).toHaveLength(2);
    expect(change?.agentDescription?.nonIdentifyingAttributes).toHaveLength(1);
    for (const part of statusParts.filter((name) => name !== "agentDescription")) {
      expect(change?.[part]).toBeUndefined();
    }
  });

  it("answers ReportFullState once, with all it has, changed or not [C-57 C-58 C-205]", async () => {
    await using agent = await startWholeAgent({ pollsForMessages });
    const said = await agent.tell({ flags: ReportFullState });
    expect(said).toHaveLength(1);
    const [first] = agent.messages;
    for (const part of statusParts) expect(said[0]?.[part]).toEqual(first?.[part]);
    const [later] = await agent.during(() => agent.clock.advance(30_000));
    for (const part of statusParts) expect(later?.[part]).toBeUndefined();
  });

  it("reports fully also beside an offer and a new uid [C-59]", async () => {
    const offered: unknown[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsRemoteConfig"],
      customCapabilities: ["com.example.a"],
      callbacks: { onMessage: ({ remoteConfig }) => void offered.push(remoteConfig?.configHash) },
    });
    const uid = createInstanceUid();
    const said = await agent.tell({
      flags: ReportFullState,
      remoteConfig: { configHash: Uint8Array.of(7) },
      agentIdentification: { newInstanceUid: bytesFromInstanceUid(uid) },
    });
    expect(said).toHaveLength(1);
    expect(said[0]?.agentDescription).toBeDefined();
    expect(said[0]?.customCapabilities).toBeDefined();
    expect(said[0]?.instanceUid).toEqual(bytesFromInstanceUid(uid));
    expect(offered).toEqual([Uint8Array.of(7)]);
  });

  it("reports fully no part that was not declared [C-69 C-70 C-71 L-23]", async () => {
    await using agent = await startScriptedClient({
      ...wholeAgent,
      pollsForMessages,
      capabilities: [],
      callbacks: { getEffectiveConfig: () => ({}) },
    });
    const said = [...agent.messages, ...(await agent.tell({ flags: ReportFullState }))];
    for (const message of said) {
      expect(message.health).toBeUndefined();
      expect(message.effectiveConfig).toBeUndefined();
      expect(message.remoteConfigStatus).toBeUndefined();
      expect(message.packageStatuses).toBeUndefined();
      expect(message.availableComponents).toBeUndefined();
      expect(message.connectionSettingsStatus).toBeUndefined();
    }
    expect(said.at(-1)?.agentDescription).toBeDefined();
  });

  it("has nothing to report of a config or settings that never came [L-23]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: [
        "ReportsRemoteConfig",
        "ReportsConnectionSettingsStatus",
        "ReportsPackageStatuses",
      ],
    });
    const [full] = await agent.tell({ flags: ReportFullState });
    for (const message of [agent.messages[0], full]) {
      expect(message?.agentDescription).toBeDefined();
      expect(message?.remoteConfigStatus).toBeUndefined();
      expect(message?.connectionSettingsStatus).toBeUndefined();
      expect(message?.packageStatuses).toBeUndefined();
    }
  });
});
