import { encodeAgentToServer } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { type ScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

const maxSendBytes = 2048;
const capability = "com.example.blobs";
const blob = (bytes: number) => ({ configMap: { "": { body: new Uint8Array(bytes).fill(1) } } });

describe.each([false, true])("the size limit of what is sent, polling: %s", (pollsForMessages) => {
  let config = blob(10);
  const start = (): Promise<ScriptedClient> =>
    startScriptedClient({
      pollsForMessages,
      limits: { maxSendBytes },
      capabilities: ["ReportsEffectiveConfig", "ReportsHealth", "ReportsHeartbeat"],
      health: { healthy: true },
      customCapabilities: [capability],
      callbacks: { getEffectiveConfig: () => config },
      answer: () => ({ customCapabilities: { capabilities: [capability] } }),
    });
  const sizes = (messages: ScriptedClient["messages"]): readonly number[] =>
    messages.map((message) => encodeAgentToServer(message).length);

  it("leaves out what is too large, says so, and lets the rest through [C-08 C-09 C-10 C-26 C-27 C-28 L-08 W-17 W-21]", async () => {
    config = blob(maxSendBytes);
    await using agent = await start();
    expect(agent.messages).toHaveLength(1);
    expect(agent.messages[0]?.agentDescription).toBeDefined();
    expect(agent.messages[0]?.health).toBeDefined();
    expect(agent.messages[0]?.effectiveConfig).toBeUndefined();
    expect(agent.errors).toMatchObject([{ code: "message-too-large" }]);
    expect(agent.errors[0]?.message).toContain("effectiveConfig");
    expect(agent.errors[0]?.message).toContain(`limits.maxSendBytes is ${maxSendBytes}`);
  });

  it("sends nothing at all in place of what is too large, and goes on [C-09 C-27 C-50]", async () => {
    config = blob(10);
    await using agent = await start();
    config = blob(maxSendBytes);
    expect(await agent.during(() => agent.client.updateEffectiveConfig())).toEqual([]);
    expect(agent.errors).toMatchObject([{ code: "message-too-large" }]);
    const [beat] = await agent.during(() => agent.clock.advance(30_000));
    expect(beat).toMatchObject({ sequenceNum: 1n });
    expect(agent.errors).toHaveLength(1);
    config = blob(20);
    const [said] = await agent.during(() => agent.client.updateEffectiveConfig());
    expect(said?.effectiveConfig?.configMap?.configMap[""]?.body).toHaveLength(20);
  });

  it("splits what fits only one by one [C-09 C-27 L-08]", async () => {
    config = blob(1000);
    await using agent = await start();
    const said = await agent.during(() => {
      agent.client.setHealth({ status: "x".repeat(1500) });
      config = blob(1200);
      agent.client.updateEffectiveConfig();
      void agent.client.sendCustomMessage({ capability, data: new Uint8Array(1400) });
    });
    expect(said).toHaveLength(3);
    expect(Math.max(...sizes(said))).toBeLessThanOrEqual(maxSendBytes);
    expect(said.filter(({ health }) => health !== undefined)).toHaveLength(1);
    expect(said.filter(({ effectiveConfig }) => effectiveConfig !== undefined)).toHaveLength(1);
    expect(said.filter(({ customMessage }) => customMessage !== undefined)).toHaveLength(1);
    expect(agent.errors).toEqual([]);
  });

  it("splits full state too, and says again what was left out [C-57 C-09]", async () => {
    config = blob(1500);
    await using agent = await start();
    await agent.during(() => agent.client.setHealth({ status: "x".repeat(1500) }));
    const said = await agent.tell({ flags: 1n });
    expect(said).toHaveLength(2);
    expect(Math.max(...sizes(said))).toBeLessThanOrEqual(maxSendBytes);
    expect(said.filter(({ health }) => health !== undefined)).toHaveLength(1);
    expect(said.filter(({ effectiveConfig }) => effectiveConfig !== undefined)).toHaveLength(1);
  });

  it("rejects the promise of a custom message that is too large, or is so with its header [L-08]", async () => {
    config = blob(10);
    await using agent = await start();
    const tooLarge = { code: "message-too-large" };
    for (const size of [maxSendBytes, maxSendBytes - 30]) {
      const sent = agent.client.sendCustomMessage({ capability, data: new Uint8Array(size) });
      await expect(sent).rejects.toMatchObject(tooLarge);
    }
    const csr = new Uint8Array(maxSendBytes);
    const asked = agent.client.requestConnectionSettings({
      opamp: { certificateRequest: { csr } },
    });
    await expect(asked).rejects.toMatchObject(tooLarge);
    const said = await agent.during(() => agent.client.sendCustomMessage({ capability }));
    expect(said).toHaveLength(1);
    expect(said[0]?.sequenceNum).toBe(1n);
  });
});
