import { OpAMPError, ServerToAgentFlags } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import {
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";

const { ReportFullState, ReportAvailableComponents } = ServerToAgentFlags;

const components = (version: string) =>
  ({
    receivers: {
      metadata: [],
      subComponentMap: {
        otlp: {
          metadata: [
            { key: "code.namespace", value: { value: { case: "stringValue", value: version } } },
          ],
          subComponentMap: {},
        },
      },
    },
  }) as const;

describe.each([false, true])("available components, polling: %s", (pollsForMessages) => {
  const start = (answer: ScriptedClientOptions["answer"] = () => ({})): Promise<ScriptedClient> =>
    startScriptedClient({
      pollsForMessages,
      answer,
      capabilities: ["ReportsAvailableComponents"],
      availableComponents: { hash: Uint8Array.of(1), components: components("1") },
    });

  it("are first a hash alone [C-70 C-207 C-210]", async () => {
    await using agent = await start();
    expect(agent.messages[0]?.availableComponents).toMatchObject({ hash: Uint8Array.of(1) });
    expect(agent.messages[0]?.availableComponents?.components).toEqual({});
  });

  it("are whole when the server asks, once each time [C-208 C-211 C-212 C-214 W-63]", async () => {
    await using agent = await start();
    for (let i = 0; i < 2; i += 1) {
      const said = await agent.tell({ flags: ReportAvailableComponents });
      expect(said).toHaveLength(1);
      expect(said[0]?.availableComponents).toMatchObject({
        hash: Uint8Array.of(1),
        components: components("1"),
      });
      expect(said[0]?.agentDescription).toBeUndefined();
    }
    const [beat] = await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    expect(beat?.availableComponents).toBeUndefined();
  });

  it("are a hash in full state, and whole only with both flags [A-06 C-214]", async () => {
    await using agent = await start();
    const [hash] = await agent.tell({ flags: ReportFullState });
    expect(hash?.availableComponents).toMatchObject({ hash: Uint8Array.of(1) });
    expect(hash?.availableComponents?.components).toEqual({});
    await agent.clock.advance(1000);
    const both = await agent.tell({ flags: ReportFullState | ReportAvailableComponents });
    expect(both).toHaveLength(1);
    expect(both[0]?.availableComponents?.components).toMatchObject(components("1"));
    expect(both[0]?.agentDescription).toBeDefined();
  });

  it("are a new hash when they change, and nothing when not [C-46 C-52 C-210 C-213]", async () => {
    await using agent = await start();
    const same = { hash: Uint8Array.of(1), components: components("1") };
    expect(await agent.during(() => agent.client.setAvailableComponents(same))).toEqual([]);
    const other = { hash: Uint8Array.of(2), components: components("2") };
    const [changed] = await agent.during(() => agent.client.setAvailableComponents(other));
    expect(changed?.availableComponents).toMatchObject({ hash: Uint8Array.of(2) });
    expect(changed?.availableComponents?.components).toEqual({});
    const [whole] = await agent.tell({ flags: ReportAvailableComponents });
    expect(whole?.availableComponents).toMatchObject(other);
  });

  it("are whole again when the connection was lost over them [C-211 L-08]", async () => {
    let asking = false;
    await using agent = await start((message) => {
      if (!asking || message.customCapabilities === undefined) return {};
      agent.session.failNextSend(new OpAMPError("connection-lost", "broken pipe"));
      return { flags: ReportAvailableComponents };
    });
    asking = true;
    const said = await agent.during(async () => {
      agent.client.setCustomCapabilities(["com.example.a"]);
      await agent.clock.advance(10_000);
    });
    expect(agent.server.sessions).toHaveLength(2);
    expect(said.at(-1)?.availableComponents?.components).toMatchObject(components("1"));
  });

  it.each([undefined, null, {}, { hash: new Uint8Array(0) }])(
    "are not %o [C-207]",
    async (wrong) => {
      await using agent = await start();
      expect(() => agent.client.setAvailableComponents(wrong as never)).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    },
  );

  it("are nobody's business without the capability [C-64 C-70]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: [],
      availableComponents: { hash: Uint8Array.of(1), components: components("1") },
    });
    expect(await agent.tell({ flags: ReportAvailableComponents })).toEqual([]);
    expect(agent.messages.every((m) => m.availableComponents === undefined)).toBe(true);
  });
});
