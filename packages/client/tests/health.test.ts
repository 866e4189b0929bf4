import { describe, expect, it } from "vitest";
import { type ScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

const startTimeUnixNano = 1_785_000_000_123_456_789n;

describe.each([false, true])("health, polling: %s", (pollsForMessages) => {
  const start = (): Promise<ScriptedClient> =>
    startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth"],
      health: { healthy: true, startTimeUnixNano },
    });

  it("is in the first report and not in the next [C-69 C-95]", async () => {
    await using agent = await start();
    expect(agent.messages[0]?.health?.healthy).toBe(true);
    const [next] = await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    expect(next?.health).toBeUndefined();
  });

  it("comes back when full state is asked for [C-57]", async () => {
    await using agent = await start();
    const [full] = await agent.tell({ flags: 1n });
    expect(full?.health?.healthy).toBe(true);
  });

  it("carries times to the nanosecond, 0 for one not given, and a tree of any depth [C-93 W-29 W-30]", async () => {
    await using agent = await start();
    let tree: object = { healthy: false, lastError: "leaf" };
    for (let depth = 0; depth < 50; depth += 1) tree = { componentHealthMap: { part: tree } };
    const [said] = await agent.during(() =>
      agent.client.setHealth({ ...tree, statusTimeUnixNano: startTimeUnixNano + 1n }),
    );
    expect(agent.messages[0]?.health?.startTimeUnixNano).toBe(startTimeUnixNano);
    expect(said?.health?.startTimeUnixNano).toBe(0n);
    expect(said?.health?.statusTimeUnixNano).toBe(startTimeUnixNano + 1n);
    let node = said?.health;
    while (node?.componentHealthMap.part !== undefined) node = node.componentHealthMap.part;
    expect(node?.lastError).toBe("leaf");
  });

  it("reports what only changed deep in the tree [C-46 C-55]", async () => {
    await using agent = await start();
    const tree = (status: string) => ({
      componentHealthMap: { a: { componentHealthMap: { b: { status } } } },
    });
    await agent.during(() => agent.client.setHealth(tree("one")));
    const [said] = await agent.during(() => agent.client.setHealth(tree("two")));
    expect(said?.health?.componentHealthMap.a?.componentHealthMap.b?.status).toBe("two");
  });

  it("is refused when a field does not fit its type, and the one before stays", async () => {
    await using agent = await start();
    const wrong = { healthy: true, startTimeUnixNano: "now" } as never;
    const said = await agent.during(() =>
      expect(() => agent.client.setHealth(wrong)).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      ),
    );
    expect(said).toEqual([]);
    const [full] = await agent.tell({ flags: 1n });
    expect(full?.health?.startTimeUnixNano).toBe(startTimeUnixNano);
  });

  it.each([undefined, null])("is refused when it is %s", async (nothing) => {
    await using agent = await start();
    expect(() => agent.client.setHealth(nothing as never)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});
