import { RemoteConfigStatuses } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { startScriptedClient } from "./_util/scripted-client.ts";

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
});
