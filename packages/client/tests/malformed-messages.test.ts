import { bytesFromInstanceUid, createInstanceUid, encodeServerToAgent } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { type ScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

const garbage = {
  "random bytes": Uint8Array.of(0xff, 0xff, 0xff, 0xff),
  "a truncated field": Uint8Array.of(0x0a, 0x10, 0x01),
  "no instance uid": new Uint8Array(0),
  "an instance uid of 15 bytes": encodeServerToAgent({ instanceUid: new Uint8Array(15).fill(1) }),
  "an instance uid in 36 characters": encodeServerToAgent({
    instanceUid: new TextEncoder().encode(createInstanceUid()),
  }),
  text: new TextEncoder().encode("<html>502 Bad Gateway</html>"),
};

describe.each([false, true])("malformed messages, polling: %s", (pollsForMessages) => {
  const heard: unknown[] = [];
  const start = (): Promise<ScriptedClient> => {
    heard.length = 0;
    return startScriptedClient({
      pollsForMessages,
      random: () => 0.5,
      capabilities: ["AcceptsRemoteConfig", "ReportsHealth", "ReportsHeartbeat"],
      health: { healthy: true },
      callbacks: { onMessage: (data) => void heard.push(data) },
    });
  };

  it.each(Object.entries(garbage))(
    "made of %s end the session, which comes back [L-03]",
    async (_, bytes) => {
      await using agent = await start();
      await agent.tell(bytes);
      expect(agent.errors).toMatchObject([{ code: "malformed-message" }]);
      expect(agent.client.status).toMatchObject({
        state: "backing-off",
        error: expect.objectContaining({ code: "malformed-message" }),
      });
      await agent.clock.advance(10_000);
      expect(agent.client.status.state).toBe("online");
      expect(agent.server.sessions).toHaveLength(2);
      expect(agent.server.sessions[0]?.ended).toMatchObject({ by: "client" });
      expect(heard).toEqual([]);
    },
  );

  it("confirm nothing: what they answered is said again [C-225 L-03 L-08]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
      answer: ({ health }) => (health?.status === "lost" && first() ? garbage.text : {}),
    });
    let times = 0;
    function first(): boolean {
      times += 1;
      return times === 1;
    }
    const said = await agent.during(async () => {
      agent.client.setHealth({ status: "lost" });
      await agent.clock.advance(10_000);
    });
    expect(said.filter(({ health }) => health?.status === "lost")).toHaveLength(2);
  });

  it("for another agent are left aside, and the session lives [L-03 W-23]", async () => {
    await using agent = await start();
    await agent.tell({
      instanceUid: bytesFromInstanceUid(createInstanceUid()),
      remoteConfig: { configHash: Uint8Array.of(1) },
      flags: 1n,
      capabilities: 1n,
    });
    expect(heard).toEqual([]);
    expect(agent.errors).toMatchObject([{ code: "malformed-message" }]);
    expect(agent.client.status.state).toBe("online");
    expect(agent.client.status.serverCapabilities).toHaveLength(7);
    expect(await agent.during(() => agent.clock.advance(30_000))).toHaveLength(1);
  });

  it("with unknown fields are not malformed [W-15 W-76]", async () => {
    await using agent = await start();
    const known = encodeServerToAgent({
      instanceUid: bytesFromInstanceUid(agent.client.instanceUid),
      remoteConfig: { configHash: Uint8Array.of(1) },
    });
    const field1000 = Uint8Array.of(0xc2, 0x3e, 0x02, 0x01, 0x02);
    await agent.tell(Uint8Array.of(...known, ...field1000));
    expect(heard).toHaveLength(1);
    expect(agent.errors).toEqual([]);
  });

  it("again and again are backed off from, ever longer [L-03 L-16]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      random: () => 0.5,
      answer: () => garbage.text,
    });
    await agent.clock.advance(600_000);
    expect(agent.server.attempts).toBeGreaterThan(8);
    expect(agent.server.attempts).toBeLessThan(40);
    expect(agent.client.status.state).not.toBe("online");
  });
});
