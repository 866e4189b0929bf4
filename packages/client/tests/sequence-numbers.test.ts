import { type AgentToServer, OpAMPError, type OpAMPErrorCode } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

const numbersOf = (messages: readonly AgentToServer[]): readonly bigint[] =>
  messages.map(({ sequenceNum }) => sequenceNum);

const countTo = (n: number): readonly bigint[] => Array.from({ length: n }, (_, i) => BigInt(i));

describe.each([false, true])("sequence numbers, polling: %s", (pollsForMessages) => {
  it("grow by one with whatever is sent, up to the goodbye [C-41 C-42 W-24]", async () => {
    const capability = "com.example.a";
    await using agent = await startScriptedClient({
      pollsForMessages,
      customCapabilities: [capability],
      answer: () => ({ customCapabilities: { capabilities: [capability] } }),
    });
    await agent.client.sendCustomMessage({ capability });
    await agent.during(() => agent.client.setCapabilities(["AcceptsPackages", "ReportsHeartbeat"]));
    await agent.clock.advance(60_000);
    await agent.tell({ flags: 1n });
    await agent.stop();
    expect(agent.messages.at(-1)?.agentDisconnect).toBeDefined();
    expect(agent.messages.length).toBeGreaterThan(6);
    expect(numbersOf(agent.messages)).toEqual(countTo(agent.messages.length));
  });

  it("are not used up by connections that were refused [C-41]", async () => {
    const agent = createScriptedClient({ pollsForMessages });
    await using _ = agent;
    agent.server.refuseNext(
      new OpAMPError("connect-failed", "nobody listens"),
      new OpAMPError("unauthorized", "token expired", { status: 401 }),
      new OpAMPError("throttled", "busy", { status: 429, retryAfterMs: 1000 }),
    );
    await agent.client.start();
    await agent.clock.advance(60_000);
    expect(agent.server.attempts).toBe(4);
    expect(numbersOf(agent.messages)[0]).toBe(0n);
  });

  it.each([
    "connect-failed",
    "throttled",
    "unauthorized",
    "tls-failed",
    "proxy-failed",
    "redirect-refused",
  ] as const)("are not used up by an exchange that ends in %s [C-41 C-43]", async (code) => {
    await using agent = await startScriptedClient({ pollsForMessages });
    agent.session.failNextSend(new OpAMPError(code, "not processed", { retryAfterMs: 1000 }));
    const said = await agent.during(async () => {
      agent.client.setCustomCapabilities(["com.example.a"]);
      await agent.clock.advance(5_000);
    });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({
      sequenceNum: 1n,
      customCapabilities: { capabilities: ["com.example.a"] },
    });
  });

  it.each<OpAMPErrorCode>([
    "connection-lost",
    "timeout",
    "unexpected-response",
    "malformed-message",
  ])(
    "are used up by an exchange that ends in %s, for the server may have seen it [C-41 C-43 C-225]",
    async (code) => {
      await using agent = await startScriptedClient({ pollsForMessages });
      agent.session.failNextSend(new OpAMPError(code, "who knows"));
      const said = await agent.during(async () => {
        agent.client.setCustomCapabilities(["com.example.a"]);
        await agent.clock.advance(5_000);
      });
      expect(said).toHaveLength(1);
      expect(said[0]).toMatchObject({
        sequenceNum: 2n,
        customCapabilities: { capabilities: ["com.example.a"] },
      });
    },
  );

  it("go on over connections that break [C-43]", async () => {
    await using agent = await startScriptedClient({ pollsForMessages });
    for (let i = 0; i < 5; i += 1) {
      agent.session.close();
      await agent.clock.advance(10_000);
    }
    expect(agent.server.sessions.length).toBe(6);
    expect(numbersOf(agent.messages)).toEqual(countTo(agent.messages.length));
  });
});
