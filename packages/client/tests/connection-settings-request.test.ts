import { describe, expect, it } from "vitest";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

const csr = new TextEncoder().encode("-----BEGIN CERTIFICATE REQUEST-----");
const request = { opamp: { certificateRequest: { csr } } };
const OFFERS_ONLY = 0x3fn;

describe.each([false, true])("connection settings requests, polling: %s", (pollsForMessages) => {
  it("reach the server once, and its answer the agent [C-156]", async () => {
    const offered: string[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsOpAMPConnectionSettings"],
      callbacks: {
        onOpampConnectionSettings: ({ destinationEndpoint }) =>
          void offered.push(destinationEndpoint),
      },
      answer: ({ connectionSettingsRequest }) =>
        connectionSettingsRequest === undefined
          ? {}
          : {
              connectionSettings: {
                hash: Uint8Array.of(1),
                opamp: { destinationEndpoint: "wss://new.example.com" },
              },
            },
    });
    const said = await agent.during(() => agent.client.requestConnectionSettings(request));
    expect(said).toHaveLength(1);
    expect(said[0]?.connectionSettingsRequest).toMatchObject(request);
    expect(offered).toEqual(["wss://new.example.com"]);
    const [again] = await agent.during(() => agent.client.requestConnectionSettings(request));
    expect(again?.connectionSettingsRequest).toMatchObject(request);
  });

  it.each([
    ["bytes", Uint8Array],
    ["Buffer", Buffer],
  ])(
    "are sent as they were when asked for, whatever becomes of the caller's %s [L-08]",
    async (_, bytes) => {
      await using agent = createScriptedClient({ pollsForMessages });
      const mine = bytes.from([1, 2, 3]);
      const sent = agent.client.requestConnectionSettings({
        opamp: { certificateRequest: { csr: mine } },
      });
      mine.fill(0);
      await agent.client.start();
      await agent.clock.settle();
      await sent;
      const asked = agent.messages.at(-1)?.connectionSettingsRequest;
      expect(asked?.opamp?.certificateRequest?.csr).toEqual(Uint8Array.of(1, 2, 3));
    },
  );

  it("wait for a server that has said it takes them [C-154]", async () => {
    const agent = createScriptedClient({ pollsForMessages });
    await using _ = agent;
    const sent = agent.client.requestConnectionSettings(request);
    await agent.client.start();
    await agent.clock.settle();
    await sent;
    expect(agent.messages.map((m) => m.connectionSettingsRequest !== undefined)).toEqual([
      false,
      true,
    ]);
  });

  it("are refused by a server that does not take them [C-66 C-154 L-24]", async () => {
    const agent = createScriptedClient({
      pollsForMessages,
      answer: () => ({ capabilities: OFFERS_ONLY }),
    });
    await using _ = agent;
    const early = agent.client.requestConnectionSettings(request);
    early.catch(() => {});
    await agent.client.start();
    await agent.clock.settle();
    const refusal = { code: "peer-lacks-capability" };
    await expect(early).rejects.toMatchObject(refusal);
    await expect(agent.client.requestConnectionSettings(request)).rejects.toMatchObject(refusal);
    expect(agent.messages.every((m) => m.connectionSettingsRequest === undefined)).toBe(true);
  });

  it("are sent again when the connection was lost [L-08]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    agent.session.close();
    const sent = agent.client.requestConnectionSettings(request);
    await agent.clock.advance(10_000);
    await sent;
    expect(agent.messages.at(-1)?.connectionSettingsRequest).toMatchObject(request);
  });

  it("fail when the client stops, and by their signal [L-08]", async () => {
    const agent = createScriptedClient({ pollsForMessages });
    const abort = new AbortController();
    const withdrawn = agent.client.requestConnectionSettings(request, abort);
    const waiting = agent.client.requestConnectionSettings(request);
    for (const promise of [withdrawn, waiting]) promise.catch(() => {});
    abort.abort();
    await expect(withdrawn).rejects.toMatchObject({ code: "aborted" });
    await agent.stop();
    await expect(waiting).rejects.toMatchObject({ code: "stopped" });
  });
});
