import { describe, expect, it } from "vitest";
import { type ScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

describe.each([false, true])("commands, polling: %s", (pollsForMessages) => {
  const heard: string[] = [];
  const start = (capabilities: readonly "AcceptsRestartCommand"[]): Promise<ScriptedClient> => {
    heard.length = 0;
    return startScriptedClient({
      pollsForMessages,
      capabilities: [...capabilities, "AcceptsRemoteConfig"],
      callbacks: {
        onCommand: ({ type }) => void heard.push(`command ${type}`),
        onMessage: () => void heard.push("message"),
      },
    });
  };

  it("reach the agent, also the empty one, which is a restart [C-201 W-49]", async () => {
    await using agent = await start(["AcceptsRestartCommand"]);
    expect(await agent.tell({ command: {} })).toEqual([]);
    await agent.tell({ command: { type: 0 } });
    expect(heard).toEqual(["command 0", "command 0"]);
  });

  it("stand alone: nothing beside them counts [C-201]", async () => {
    await using agent = await start(["AcceptsRestartCommand"]);
    const said = await agent.tell({
      command: {},
      remoteConfig: { configHash: Uint8Array.of(1) },
      flags: 1n,
    });
    expect(said).toEqual([]);
    expect(heard).toEqual(["command 0"]);
  });

  it("are ignored without the capability, and what is beside them too [C-64 C-201 C-202]", async () => {
    await using agent = await start([]);
    await agent.tell({ command: {}, remoteConfig: { configHash: Uint8Array.of(1) } });
    expect(heard).toEqual([]);
    expect(agent.client.status.state).toBe("online");
    await agent.tell({ remoteConfig: { configHash: Uint8Array.of(1) } });
    expect(heard).toEqual(["message"]);
  });

  it.each([7, -1])("of the unknown type %i are no restart [C-203]", async (type) => {
    await using agent = await start(["AcceptsRestartCommand"]);
    await agent.tell({ command: { type } });
    expect(heard).toEqual([]);
    expect(agent.errors).toEqual([]);
  });
});
