import { decodeAgentToServer, ServerToAgentFlags } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { OpAMPClient } from "../src/index.ts";
import { refused, unavailable } from "./_util/problems.ts";
import {
  createScriptedClient,
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";
import { createWireTrace } from "./_util/wire-trace.ts";

const echo = "com.example.echo";

/** Nothing is left: no timer, no session, and no further word. */
async function expectSilence(agent: ScriptedClient): Promise<void> {
  expect(agent.client.status.state).toBe("stopped");
  expect(agent.clock.pendingTimers).toBe(0);
  expect(agent.server.sessions.filter(({ ended }) => ended === undefined)).toEqual([]);
  const { attempts } = agent.server;
  expect(await agent.during(() => agent.clock.advance(3_600_000))).toEqual([]);
  expect(agent.server.attempts).toBe(attempts);
}

describe.each([false, true])("stop, polling: %s", (pollsForMessages) => {
  const start = (options: ScriptedClientOptions = {}): Promise<ScriptedClient> =>
    startScriptedClient({ pollsForMessages, ...options });

  it("says goodbye in the last message, then closes [C-41 C-235 C-236 C-237 C-238 L-21]", async () => {
    const trace = createWireTrace();
    await using agent = await start({ wrap: trace.wrap });
    const said = await agent.during(() => agent.stop());
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ agentDisconnect: {}, sequenceNum: 1n, capabilities: 0x2001n });
    expect(trace.steps.slice(-3)).toEqual(["goodbye 1", "close 1", "closed 1"]);
    expect(agent.session.ended).toMatchObject({ by: "client" });
    await expectSilence(agent);
  });

  it("takes along what the server should know [C-46 L-08]", async () => {
    await using agent = await start({ capabilities: ["ReportsHealth"], health: { healthy: true } });
    const said = await agent.during(() => {
      agent.client.setHealth({ healthy: false, lastError: "shutting down" });
      return agent.stop();
    });
    expect(said.some(({ health }) => health?.lastError === "shutting down")).toBe(true);
    expect(said.at(-1)?.agentDisconnect).toBeDefined();
  });

  it("works before the start, and there is no start afterwards [L-21]", async () => {
    await using agent = createScriptedClient({ pollsForMessages });
    await agent.client.stop();
    await expectSilence(agent);
    await expect(agent.client.start()).rejects.toMatchObject({ code: "invalid-state" });
    expect(agent.server.attempts).toBe(0);
  });

  it("works while connecting [L-21]", async () => {
    await using agent = createScriptedClient({ pollsForMessages });
    agent.server.stall();
    await agent.client.start();
    await agent.clock.settle();
    await agent.client.stop();
    agent.server.resume();
    await expectSilence(agent);
    expect(agent.errors).toEqual([]);
  });

  it("works while backing off [L-21]", async () => {
    await using agent = createScriptedClient({ pollsForMessages, random: () => 0.9 });
    agent.server.refuseNext(refused());
    await agent.client.start();
    await agent.clock.settle();
    await agent.client.stop();
    await expectSilence(agent);
    expect(agent.server.attempts).toBe(1);
  });

  it("works while a session ends because the server is overloaded [L-21]", async () => {
    await using agent = await start({ answer: () => unavailable(5_000_000_000n) });
    await agent.stop();
    await expectSilence(agent);
    expect(agent.messages.filter((message) => message.agentDisconnect !== undefined)).toHaveLength(
      pollsForMessages ? 0 : 1,
    );
  });

  it("gives a peer that takes nothing its time, then cuts [L-21]", async () => {
    await using agent = await start({ timeouts: { stopMs: 2000 } });
    agent.session.stall();
    let stopped = false;
    const stop = agent.client.stop().then(() => {
      stopped = true;
    });
    await agent.clock.advance(1999);
    expect(stopped).toBe(false);
    expect(agent.client.status.state).toBe("stopping");
    await agent.clock.advance(1);
    expect(stopped).toBe(true);
    await stop;
    await expectSilence(agent);
  });

  it("gives up on a message under way that the peer does not take [L-08 L-21]", async () => {
    await using agent = await start({
      timeouts: { stopMs: 2000 },
      capabilities: ["ReportsHealth"],
      health: {},
    });
    agent.session.stall();
    agent.client.setHealth({ healthy: true });
    await agent.clock.settle();
    const before = agent.messages.length;
    const stop = agent.client.stop();
    await agent.clock.advance(2000);
    await stop;
    expect(agent.messages).toHaveLength(before);
    await expectSilence(agent);
  });

  it("is one and the same however often it is called [L-21]", async () => {
    await using agent = await start();
    const stops = [agent.client.stop(), agent.client.stop()];
    await agent.clock.settle();
    await Promise.all([...stops, agent.client.stop()]);
    const goodbyes = agent.messages.filter((message) => message.agentDisconnect !== undefined);
    expect(goodbyes).toHaveLength(1);
    await expectSilence(agent);
  });

  it("ends for a later caller no sooner than for the first [L-21]", async () => {
    await using agent = await start();
    agent.session.stall();
    let ended = 0;
    const stops = [1, 2].map(() =>
      agent.client.stop().then(() => {
        ended += 1;
      }),
    );
    await agent.clock.settle();
    expect([ended, agent.client.status.state]).toEqual([0, "stopping"]);
    agent.session.resume();
    await agent.clock.settle();
    await Promise.all(stops);
    expect(agent.client.status.state).toBe("stopped");
  });

  it("is what leaving the scope does", async () => {
    const agent = await start();
    {
      await using client = agent.client;
      expect(client.status.state).toBe("online");
    }
    expect(agent.client.status.state).toBe("stopped");
    expect(agent.messages.at(-1)?.agentDisconnect).toBeDefined();
  });

  it("fails what was never sent, and what is tried later [L-08 L-09]", async () => {
    await using agent = createScriptedClient({ pollsForMessages, customCapabilities: [echo] });
    agent.server.refuseNext(refused());
    await agent.client.start();
    const outcomes = [1, 2, 3].map((number) =>
      agent.client.sendCustomMessage({ capability: echo, data: Uint8Array.of(number) }),
    );
    const request = agent.client.requestConnectionSettings({ opamp: {} });
    const settled = Promise.allSettled([...outcomes, request]);
    await agent.stop();
    const stopped = { status: "rejected", reason: { code: "stopped" } };
    expect(await settled).toMatchObject([stopped, stopped, stopped, stopped]);
    const late = agent.client.sendCustomMessage({ capability: echo });
    await expect(late).rejects.toMatchObject({ code: "stopped" });
    await expectSilence(agent);
  });

  it("lets a custom message that is under way arrive [L-09 L-21]", async () => {
    const customCapabilities = { capabilities: [echo] };
    await using agent = await start({
      customCapabilities: [echo],
      answer: () => ({ customCapabilities }),
    });
    const first = agent.client.sendCustomMessage({ capability: echo, type: "first" });
    const second = agent.client.sendCustomMessage({ capability: echo, type: "second" });
    const settled = Promise.allSettled([first, second]);
    await Promise.resolve();
    await Promise.resolve();
    await agent.stop();
    const written = agent.messages.flatMap(({ customMessage }) => customMessage?.type ?? []);
    const outcomes = (await settled).map(({ status }) => status);
    expect(outcomes).toEqual(
      ["first", "second"].map((type) => (written.includes(type) ? "fulfilled" : "rejected")),
    );
  });

  it("leaves setters without effect, and everything else too", async () => {
    await using agent = await start({
      capabilities: ["ReportsHealth", "ReportsEffectiveConfig"],
      health: {},
      callbacks: { getEffectiveConfig: () => ({}) },
    });
    await agent.stop();
    agent.client.setHealth({ healthy: true });
    agent.client.setAgentDescription({ identifyingAttributes: { "service.name": "other" } });
    agent.client.setFlags(["RequestInstanceUid"]);
    agent.client.updateEffectiveConfig();
    await expectSilence(agent);
    expect(agent.messages.at(-1)?.agentDisconnect).toBeDefined();
  });

  it("forgets what the server asked for again and again [L-21]", async () => {
    await using agent = await start({
      capabilities: ["ReportsEffectiveConfig"],
      callbacks: { getEffectiveConfig: () => ({}) },
      answer: () => ({ flags: BigInt(ServerToAgentFlags.ReportFullState) }),
    });
    await agent.clock.advance(100);
    await agent.stop();
    await expectSilence(agent);
    expect(agent.messages.at(-1)?.agentDisconnect).toBeDefined();
  });

  it("starts no retries of a config that cannot be read any more [L-10 L-21]", async () => {
    let reads = 0;
    await using agent = await start({
      capabilities: ["ReportsEffectiveConfig"],
      callbacks: {
        getEffectiveConfig: () => {
          reads += 1;
          throw new Error("gone");
        },
      },
    });
    await agent.stop();
    agent.client.updateEffectiveConfig();
    const before = reads;
    await expectSilence(agent);
    expect(reads).toBe(before);
  });
});

describe("stop inside a callback", () => {
  type Stops = (stop: () => void) => ScriptedClientOptions;
  const places: readonly (readonly [string, Stops])[] = [
    ["onConnect", (stop) => ({ callbacks: { onConnect: stop } })],
    [
      "onConnectFailed",
      (stop) => ({
        wrap: (transport) => ({ ...transport, connect: () => Promise.reject(refused()) }),
        callbacks: { onConnectFailed: stop },
      }),
    ],
    [
      "onServerError",
      (stop) => ({ answer: () => unavailable(1n), callbacks: { onServerError: stop } }),
    ],
    [
      "onError",
      (stop) => ({
        answer: () => ({ instanceUid: Uint8Array.of(1) }),
        callbacks: { onError: stop },
      }),
    ],
    [
      "onMessage",
      (stop) => ({
        answer: () => ({ customCapabilities: { capabilities: [echo] } }),
        callbacks: { onMessage: stop },
      }),
    ],
    [
      "getEffectiveConfig",
      (stop) => ({
        capabilities: ["ReportsEffectiveConfig"],
        callbacks: {
          getEffectiveConfig: () => {
            stop();
            return {};
          },
        },
      }),
    ],
    [
      "a retry policy",
      (stop) => ({
        answer: () => unavailable(),
        retry: {
          delayMs: () => {
            stop();
            return 0;
          },
        },
      }),
    ],
  ];

  it.each(
    places.flatMap(([place, options]) => [
      { place, options, polls: false },
      { place, options, polls: true },
    ]),
  )("ends all that is under way: $place, polling: $polls [C-237 L-21]", async (each) => {
    let client: OpAMPClient | undefined;
    let stopped: Promise<void> | undefined;
    const options = each.options(() => {
      stopped ??= client?.stop();
    });
    await using agent = createScriptedClient({ pollsForMessages: each.polls, ...options });
    client = agent.client;
    await client.start();
    await agent.clock.advance(0);
    expect(stopped).toBeDefined();
    await stopped;
    await expectSilence(agent);
    for (const { messages } of agent.server.sessions) {
      const goodbyes = messages.map((bytes) => decodeAgentToServer(bytes).agentDisconnect);
      expect(goodbyes.slice(0, -1).every((goodbye) => goodbye === undefined)).toBe(true);
    }
  });

  it("may be waited for there [L-07 L-21]", async () => {
    let client: OpAMPClient | undefined;
    const events: string[] = [];
    await using agent = createScriptedClient({
      answer: () => ({ customCapabilities: { capabilities: [echo] } }),
      callbacks: {
        onMessage: async (_message, { signal }) => {
          await client?.stop();
          events.push(`stopped, aborted: ${signal.aborted}`);
        },
      },
    });
    client = agent.client;
    await client.start();
    await agent.clock.settle();
    expect(events).toEqual(["stopped, aborted: true"]);
    await expectSilence(agent);
  });

  it("is followed by no other callback", async () => {
    const calls: string[] = [];
    await using agent = await startScriptedClient({
      callbacks: {
        onConnect: () => calls.push("onConnect"),
        onConnectFailed: () => calls.push("onConnectFailed"),
        onMessage: () => void calls.push("onMessage"),
        onServerError: () => calls.push("onServerError"),
        onError: () => calls.push("onError"),
      },
    });
    await agent.client.stop();
    const before = calls.length;
    await expectSilence(agent);
    expect(calls).toHaveLength(before);
  });
});
