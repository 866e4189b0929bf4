import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { startScriptedClient } from "./_util/scripted-client.ts";
import { createWireTrace } from "./_util/wire-trace.ts";

const polling = { pollsForMessages: true } as const;

describe("polling over HTTP", () => {
  it("asks every 30 s, whatever the agent declares [C-11 C-12 C-82]", async () => {
    await using agent = await startScriptedClient({ ...polling, capabilities: [] });
    expect(agent.messages).toHaveLength(1);
    await agent.clock.advance(29_999);
    expect(agent.messages).toHaveLength(1);
    await agent.clock.advance(1);
    expect(agent.messages).toHaveLength(2);
    await agent.clock.advance(60_000);
    expect(agent.messages).toHaveLength(4);
  });

  it("carries only uid, number and capabilities when nothing changed [C-11 C-41 C-42 C-61]", async () => {
    await using agent = await startScriptedClient(polling);
    const [poll] = await agent.during(() => agent.clock.advance(30_000));
    const { $typeName: _, instanceUid, sequenceNum, capabilities, flags, ...rest } = poll ?? {};
    expect(instanceUid).toHaveLength(16);
    expect([sequenceNum, capabilities, flags]).toEqual([1n, 0x2001n, 0n]);
    expect(Object.values(rest).filter((value) => value !== undefined)).toEqual([]);
  });

  it("asks as often as the settings say, and refuses to ask never [C-13]", async () => {
    await using agent = await startScriptedClient({ ...polling, heartbeatIntervalMs: 2000 });
    expect(await agent.during(() => agent.clock.advance(10_000))).toHaveLength(5);
    await expect(startScriptedClient({ ...polling, heartbeatIntervalMs: 0 })).rejects.toMatchObject(
      { code: "invalid-argument" },
    );
  });

  it("asks as often as the server offers [C-14 C-78]", async () => {
    let offered = false;
    await using agent = await startScriptedClient({
      ...polling,
      answer: () => {
        if (offered) return {};
        offered = true;
        return {
          connectionSettings: {
            hash: Uint8Array.of(1),
            opamp: { heartbeatIntervalSeconds: 5n },
          },
        };
      },
    });
    expect(await agent.during(() => agent.clock.advance(4999))).toHaveLength(0);
    expect(await agent.during(() => agent.clock.advance(15_001))).toHaveLength(4);
  });

  it("goes on when the server offers 0 [C-20 L-22]", async () => {
    await using agent = await startScriptedClient({
      ...polling,
      answer: () => ({
        connectionSettings: { hash: Uint8Array.of(1), opamp: { heartbeatIntervalSeconds: 0n } },
      }),
    });
    expect(await agent.during(() => agent.clock.advance(90_000))).toHaveLength(3);
  });

  it("never has two requests under way [C-15]", async () => {
    const trace = createWireTrace();
    let silent = false;
    await using agent = await startScriptedClient({
      ...polling,
      wrap: trace.wrap,
      capabilities: ["ReportsHealth"],
      health: {},
      answer: () => (silent ? undefined : {}),
    });
    silent = true;
    await agent.during(() => agent.client.setHealth({ healthy: true, status: "one" }));
    await agent.during(() => agent.client.setHealth({ healthy: true, status: "two" }));
    await agent.during(() => agent.client.setHealth({ healthy: true, status: "three" }));
    await agent.clock.advance(300_000);
    expect(trace.steps).toEqual(["connect 1", "message 1", "message 1"]);
  });

  it("sends a change right after the answer to the request before it [C-15 C-16]", async () => {
    let silent = false;
    await using agent = await startScriptedClient({
      ...polling,
      capabilities: ["ReportsHealth"],
      health: {},
      answer: () => (silent ? undefined : {}),
    });
    silent = true;
    await agent.during(() => agent.client.setHealth({ status: "one" }));
    await agent.during(() => agent.client.setHealth({ status: "two" }));
    silent = false;
    const said = await agent.during(() => agent.push({}));
    expect(said).toMatchObject([{ health: { status: "two" } }]);
  });

  it("does not wait for the next poll to report a change [C-16 C-46]", async () => {
    await using agent = await startScriptedClient({
      ...polling,
      capabilities: ["ReportsHealth"],
      health: {},
    });
    expect(await agent.during(() => agent.client.setHealth({ status: "up" }))).toHaveLength(1);
  });

  it("polls a little earlier by chance, not in step with the fleet [L-17]", async () => {
    await using agent = await startScriptedClient({ ...polling, random: () => 0.5 });
    expect(await agent.during(() => agent.clock.advance(28_499))).toHaveLength(0);
    expect(await agent.during(() => agent.clock.advance(1))).toHaveLength(1);
  });

  it("goes on polling when the server has no room for what is said [C-21]", async () => {
    await using agent = await startScriptedClient({
      ...polling,
      capabilities: ["ReportsHealth"],
      health: {},
    });
    agent.session.failNextSend(new OpAMPError("message-too-large", "413", { status: 413 }));
    await agent.during(() => agent.client.setHealth({ lastError: "long" }));
    expect(agent.server.sessions).toHaveLength(1);
    const [poll] = await agent.during(() => agent.clock.advance(30_000));
    expect(poll?.health).toBeUndefined();
    expect(agent.client.status.state).toBe("online");
  });
});
