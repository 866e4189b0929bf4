import { attributesFromKeyValues } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

describe.each([false, true])("agent description, polling: %s", (pollsForMessages) => {
  it("reports identifying and other attributes as they were given [C-86]", async () => {
    const agentDescription = {
      identifyingAttributes: { "service.name": "edge", "service.instance.id": "7" },
      nonIdentifyingAttributes: {
        "os.type": "linux",
        cores: 8,
        load: 0.5,
        vm: true,
        blob: Uint8Array.of(1),
        tags: ["a", "b"],
        nested: { deep: "yes" },
        nothing: null,
      },
    };
    await using agent = await startScriptedClient({ pollsForMessages, agentDescription });
    const said = agent.messages[0]?.agentDescription;
    expect(attributesFromKeyValues(said?.identifyingAttributes ?? [])).toEqual(
      agentDescription.identifyingAttributes,
    );
    expect(attributesFromKeyValues(said?.nonIdentifyingAttributes ?? [])).toEqual(
      agentDescription.nonIdentifyingAttributes,
    );
  });

  it("reports a changed description, and an equal one not [C-46 C-52 C-55]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    const same = await agent.during(() =>
      agent.client.setAgentDescription({ identifyingAttributes: { "service.name": "edge" } }),
    );
    expect(same).toEqual([]);
    const [changed] = await agent.during(() =>
      agent.client.setAgentDescription({ identifyingAttributes: { "service.name": "core" } }),
    );
    const { identifyingAttributes = [] } = changed?.agentDescription ?? {};
    expect(attributesFromKeyValues(identifyingAttributes)).toEqual({ "service.name": "core" });
    expect(agent.client.agentDescription.identifyingAttributes).toEqual({ "service.name": "core" });
  });

  it("takes a new description before the start", async () => {
    const agent = createScriptedClient({ pollsForMessages });
    await using _ = agent;
    agent.client.setAgentDescription({ identifyingAttributes: { "service.name": "other" } });
    await agent.client.start();
    await agent.clock.settle();
    const { identifyingAttributes = [] } = agent.messages[0]?.agentDescription ?? {};
    expect(attributesFromKeyValues(identifyingAttributes)).toEqual({ "service.name": "other" });
  });

  it("refuses a description that identifies nothing", () => {
    const agent = createScriptedClient({ pollsForMessages });
    const refusal = {
      code: "invalid-argument",
      message: expect.stringContaining("agentDescription.identifyingAttributes"),
    };
    const wrong = [undefined, {}, { identifyingAttributes: {} }] as readonly {
      readonly identifyingAttributes: Record<string, string>;
    }[];
    for (const description of wrong) {
      expect(() => agent.client.setAgentDescription(description as never)).toThrow(
        expect.objectContaining(refusal),
      );
      expect(() => createScriptedClient({ agentDescription: description as never })).toThrow(
        expect.objectContaining(refusal),
      );
    }
  });
});
