import { bytesFromInstanceUid, createInstanceUid, type InstanceUid } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

const assign = (uid: InstanceUid) => ({
  agentIdentification: { newInstanceUid: bytesFromInstanceUid(uid) },
});

describe.each([false, true])("instance uid, polling: %s", (pollsForMessages) => {
  it("is a new UUID v7 when none is given [C-32 C-33 C-34]", async () => {
    await using a = await startScriptedClient({ pollsForMessages });
    await using b = await startScriptedClient({ pollsForMessages });
    expect(a.client.instanceUid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
    expect(a.client.instanceUid).not.toBe(b.client.instanceUid);
    expect(a.messages[0]?.instanceUid).toEqual(bytesFromInstanceUid(a.client.instanceUid));
  });

  it("is the one that was given, in every message and connection [C-02 C-32 C-35]", async () => {
    const instanceUid = createInstanceUid();
    await using agent = await startScriptedClient({ pollsForMessages, instanceUid });
    agent.session.close();
    await agent.clock.advance(40_000);
    expect(agent.client.instanceUid).toBe(instanceUid);
    expect(agent.messages.length).toBeGreaterThan(2);
    for (const message of agent.messages) {
      expect(message.instanceUid).toEqual(bytesFromInstanceUid(instanceUid));
    }
  });

  it("is taken in capitals and refused as anything but a UUID [C-32]", () => {
    const instanceUid = createInstanceUid();
    const { client } = createScriptedClient({ instanceUid: instanceUid.toUpperCase() });
    expect(client.instanceUid).toBe(instanceUid);
    for (const wrong of ["", "agent-1", "00000000-0000-0000-0000-000000000000"]) {
      expect(() => createScriptedClient({ instanceUid: wrong })).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    }
  });

  it("becomes the one that the server assigns, from the next message on [C-38 C-41]", async () => {
    const stored: unknown[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      callbacks: {
        onMessage: ({ agentIdentification }) =>
          void stored.push(agentIdentification?.newInstanceUid),
      },
    });
    const uid = createInstanceUid();
    const said = await agent.tell(assign(uid));
    expect(agent.client.instanceUid).toBe(uid);
    expect(stored).toEqual([bytesFromInstanceUid(uid)]);
    expect(said).toHaveLength(1);
    expect(said[0]?.instanceUid).toEqual(bytesFromInstanceUid(uid));
    expect(said[0]?.agentDescription).toBeUndefined();
    const before = agent.messages.at(-2)?.sequenceNum ?? -1n;
    expect(said[0]?.sequenceNum).toBe(before + 1n);
    agent.session.close();
    await agent.clock.advance(10_000);
    expect(agent.messages.at(-1)?.instanceUid).toEqual(bytesFromInstanceUid(uid));
  });

  it("may be assigned again and again without a flood [C-50 C-49]", async () => {
    const uid = createInstanceUid();
    const heard: unknown[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      answer: () => assign(uid),
      callbacks: { onMessage: (data) => void heard.push(data) },
    });
    expect(agent.client.instanceUid).toBe(uid);
    expect(agent.messages).toHaveLength(2);
    await agent.clock.advance(30_000);
    expect(agent.messages).toHaveLength(3);
    expect(heard).toHaveLength(1);
  });

  it.each([0, 15, 17, 36])(
    "stays when the server assigns one of %i bytes [C-39]",
    async (length) => {
      const heard: unknown[] = [];
      await using agent = await startScriptedClient({
        pollsForMessages,
        callbacks: { onMessage: (data) => void heard.push(data) },
      });
      const before = agent.client.instanceUid;
      const newInstanceUid = new Uint8Array(length).fill(7);
      expect(await agent.tell({ agentIdentification: { newInstanceUid } })).toEqual([]);
      expect(agent.client.instanceUid).toBe(before);
      expect(heard).toEqual([]);
      expect(agent.errors[0]?.code).toBe("malformed-message");
      expect(agent.client.status.state).toBe("online");
    },
  );

  it("stays when the server assigns 16 zeros [C-39]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    const before = agent.client.instanceUid;
    await agent.tell({ agentIdentification: { newInstanceUid: new Uint8Array(16) } });
    expect(agent.client.instanceUid).toBe(before);
  });

  it("is asked for until it has been assigned, also in vain [C-36 C-37 C-39 C-40]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      flags: ["RequestInstanceUid"],
    });
    await agent.tell({ agentIdentification: { newInstanceUid: new Uint8Array(15) } });
    await agent.tell({ agentIdentification: {} });
    await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    expect(agent.messages.length).toBeGreaterThan(1);
    for (const message of agent.messages) {
      expect(message.flags).toBe(1n);
      expect(message.instanceUid).toHaveLength(16);
    }
    const [adopted] = await agent.tell(assign(createInstanceUid()));
    expect(adopted?.flags).toBe(0n);
  });

  it("is asked for by a flag that is set later, at once [C-37 C-46]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    expect(agent.messages[0]?.flags).toBe(0n);
    const said = await agent.during(() => agent.client.setFlags(["RequestInstanceUid"]));
    expect(said.map(({ flags }) => flags)).toEqual([1n]);
    expect(await agent.during(() => agent.client.setFlags(["RequestInstanceUid"]))).toEqual([]);
    expect(() => agent.client.setFlags(["Nonsense" as "RequestInstanceUid"])).toThrow("Nonsense");
  });

  it("is asked for by a flag that is set before the start, in the first message [C-37]", async () => {
    const agent = createScriptedClient({ pollsForMessages });
    await using _ = agent;
    agent.client.setFlags(["RequestInstanceUid"]);
    await agent.client.start();
    await agent.clock.settle();
    expect(agent.messages[0]?.flags).toBe(1n);
  });

  it("still counts as its own for answers to earlier messages [C-38]", async () => {
    const offered: unknown[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsRemoteConfig"],
      callbacks: {
        onMessage: ({ remoteConfig }) => void (remoteConfig && offered.push(remoteConfig)),
      },
    });
    const former = bytesFromInstanceUid(agent.client.instanceUid);
    await agent.tell(assign(createInstanceUid()));
    await agent.tell({ instanceUid: former, remoteConfig: { configHash: Uint8Array.of(1) } });
    expect(offered).toHaveLength(1);
    expect(agent.errors).toEqual([]);
  });
});
