import type { AgentConfigMapInit } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import {
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";

type Read = NonNullable<NonNullable<ScriptedClientOptions["callbacks"]>["getEffectiveConfig"]>;

const file = (text: string): AgentConfigMapInit => ({
  configMap: {
    "": { body: new TextEncoder().encode(text), contentType: "text/yaml", role: "main" },
  },
});

const textOf = (message: ScriptedClient["messages"][number] | undefined): string | undefined => {
  const body = message?.effectiveConfig?.configMap?.configMap[""]?.body;
  return body === undefined ? undefined : new TextDecoder().decode(body);
};

describe.each([false, true])("effective config, polling: %s", (pollsForMessages) => {
  const start = (read: Read, more: ScriptedClientOptions = {}): Promise<ScriptedClient> =>
    startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsEffectiveConfig"],
      ...more,
      callbacks: { getEffectiveConfig: read },
    });

  it("is read at the start and reported with everything about it [C-68 C-97 W-33 W-34 W-35 W-87]", async () => {
    const body = Uint8Array.of(0, 255, 0xc3, 0x28);
    const configMap = {
      "": { body, contentType: "", role: "base" },
      "b.yaml": { body: new Uint8Array(0), contentType: "text/yaml", role: "" },
    };
    await using agent = await start(async () => ({ configMap }));
    expect(agent.messages[0]?.effectiveConfig?.configMap?.configMap).toMatchObject(configMap);
  });

  it("is read again when the agent says so, and reported when it changed [C-46 C-52 C-97]", async () => {
    let text = "a: 1";
    await using agent = await start(() => file(text));
    expect(textOf(agent.messages[0])).toBe("a: 1");
    expect(await agent.during(() => agent.client.updateEffectiveConfig())).toEqual([]);
    text = "a: 2";
    const [said, ...more] = await agent.during(() => agent.client.updateEffectiveConfig());
    expect(textOf(said)).toBe("a: 2");
    expect(more).toEqual([]);
  });

  it("is read again when full state is asked for [C-57]", async () => {
    let text = "a: 1";
    await using agent = await start(() => file(text));
    text = "a: 2";
    const said = await agent.tell({ flags: 1n });
    expect(textOf(said.at(-1))).toBe("a: 2");
  });

  it("does not hold up the rest when it cannot be read, and follows once it can [L-10]", async () => {
    let broken = true;
    await using agent = await start(() => {
      if (broken) throw new Error("no such file");
      return file("late: true");
    });
    expect(agent.messages).toHaveLength(1);
    expect(agent.messages[0]?.agentDescription).toBeDefined();
    expect(agent.messages[0]?.effectiveConfig).toBeUndefined();
    expect(agent.errors[0]).toMatchObject({
      code: "callback-failed",
      message: expect.stringContaining("no such file"),
    });
    broken = false;
    const said = await agent.during(() => agent.clock.advance(5_000));
    expect(said.map(textOf)).toContain("late: true");
  });

  it("keeps trying for as long as it fails, ever more rarely [L-10]", async () => {
    let reads = 0;
    await using agent = await start(() => {
      reads += 1;
      return Promise.reject(new Error("not yet"));
    });
    await agent.clock.advance(600_000);
    expect(reads).toBeGreaterThan(10);
    expect(reads).toBeLessThan(40);
    expect(agent.errors).toHaveLength(reads);
  });

  it("holds up nothing when the read never returns [L-07 L-10]", async () => {
    let read: Read = () => new Promise(() => {});
    await using agent = await start((context) => read(context), {
      capabilities: ["ReportsEffectiveConfig", "ReportsHealth", "ReportsHeartbeat"],
      health: { healthy: true },
    });
    expect(agent.messages[0]?.agentDescription).toBeDefined();
    const [said] = await agent.during(() => agent.client.setHealth({ healthy: false }));
    expect(said?.health).toBeDefined();
    expect(await agent.during(() => agent.clock.advance(30_000))).toHaveLength(1);
    expect(await agent.tell({ flags: 1n })).toHaveLength(1);
    read = () => file("at last");
    const [late] = await agent.during(() => agent.client.updateEffectiveConfig());
    expect(textOf(late)).toBe("at last");
  });

  it("reports the newest read, whichever ends last", async () => {
    const reads: PromiseWithResolvers<AgentConfigMapInit>[] = [];
    await using agent = await start(() => {
      const read = Promise.withResolvers<AgentConfigMapInit>();
      reads.push(read);
      return read.promise;
    });
    agent.client.updateEffectiveConfig();
    const [said] = await agent.during(() => reads[1]?.resolve(file("new")));
    expect(textOf(said)).toBe("new");
    expect(await agent.during(() => reads[0]?.resolve(file("old")))).toEqual([]);
  });

  it("counts a config that does not fit its type as a failed read [L-07]", async () => {
    let config: unknown = { configMap: { a: { body: "text" } } };
    await using agent = await start(() => config as AgentConfigMapInit);
    expect(agent.errors[0]?.code).toBe("invalid-argument");
    expect(agent.messages).toHaveLength(1);
    config = file("fits");
    const said = await agent.during(() => agent.clock.advance(5_000));
    expect(said.map(textOf)).toContain("fits");
  });

  it("is told to stop by its signal when the client stops", async () => {
    let signal: AbortSignal | undefined;
    await using agent = await start((context) => {
      signal = context.signal;
      return file("");
    });
    expect(signal?.aborted).toBe(false);
    await agent.stop();
    expect(signal?.aborted).toBe(true);
  });

  it("is not read without the capability [C-68]", async () => {
    let reads = 0;
    const count = (): AgentConfigMapInit => {
      reads += 1;
      return {};
    };
    await using agent = await start(count, { capabilities: [] });
    await agent.tell({ flags: 1n });
    expect(reads).toBe(0);
    const [said] = await agent.during(() =>
      agent.client.setCapabilities(["ReportsEffectiveConfig"]),
    );
    expect(reads).toBe(1);
    expect(said?.capabilities).toBe(5n);
  });
});
