import { decodeAgentToServer, encodeServerToAgent } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { Transport } from "../src/index.ts";
import { refusals, throttled, unavailable } from "./_util/problems.ts";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";
import { waitMs } from "./_util/statuses.ts";
import { createWireTrace } from "./_util/wire-trace.ts";

const renamed = { identifyingAttributes: { "service.name": "renamed" } };

/** A server that answers every goodbye before the session closes. */
function answeringGoodbyes(transport: Transport, onGoodbye: () => void): Transport {
  return {
    ...transport,
    async connect(options) {
      const session = await transport.connect(options);
      return {
        async send(bytes) {
          await session.send(bytes);
          const { agentDisconnect, instanceUid } = decodeAgentToServer(bytes);
          if (agentDisconnect === undefined) return;
          onGoodbye();
          options.onMessage(encodeServerToAgent({ instanceUid, capabilities: 1n }));
        },
        received: () => session.received(),
        close: (code, signal) => session.close(code, signal),
      };
    },
  };
}

describe("an overloaded server over WebSocket", () => {
  it("is left in order and returned to after the time it asked for [C-226 C-227 C-242 L-18]", async () => {
    const trace = createWireTrace();
    let overloaded = true;
    await using agent = await startScriptedClient({
      wrap: trace.wrap,
      answer: () => (overloaded ? unavailable(2_000_000_000n) : {}),
    });
    expect(trace.steps).toEqual(["connect 1", "message 1", "goodbye 1", "close 1", "closed 1"]);
    expect(agent.client.status).toMatchObject({
      state: "backing-off",
      error: { code: "throttled" },
    });
    overloaded = false;
    await agent.clock.advance(1999);
    expect(agent.server.attempts).toBe(1);
    await agent.clock.advance(1);
    expect(agent.server.attempts).toBe(2);
    expect(trace.steps.slice(5)).toEqual(["connect 2", "message 2"]);
    expect(agent.client.status.state).toBe("online");
  });

  it("is returned to a little later than asked, not by all at once [L-17]", async () => {
    await using agent = await startScriptedClient({
      random: () => 0.5,
      answer: () => unavailable(100_000_000_000n),
    });
    expect(waitMs(agent.client)).toBe(105_000);
  });

  it("cannot silence an agent for longer than an hour, or what the user says", async () => {
    const answer = () => unavailable(2n ** 63n);
    await using agent = await startScriptedClient({ answer });
    expect(waitMs(agent.client)).toBe(3_600_000);
    const timeouts = { maxRetryAfterMs: 5000 };
    await using other = await startScriptedClient({ answer, timeouts });
    expect(waitMs(other.client)).toBe(5000);
  });

  it("is given at least 30 s when it names no time, and longer each time [C-228 C-231 L-18]", async () => {
    await using agent = await startScriptedClient({ answer: () => unavailable() });
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      waits.push(waitMs(agent.client));
      await agent.clock.advance(waitMs(agent.client));
    }
    expect(waits).toEqual([30_000, 60_000, 120_000, 240_000]);
  });

  it("is not hammered when it asks for no time at all [C-228 L-18]", async () => {
    await using agent = await startScriptedClient({
      random: () => 0.999,
      answer: () => unavailable(0n),
    });
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      waits.push(Math.round(waitMs(agent.client) / 1000));
      await agent.clock.advance(waitMs(agent.client));
    }
    expect(waits).toEqual([1, 2, 4, 8]);
  });

  it("gets again what it did not process, once it is back [C-222 C-223 L-08]", async () => {
    let overloaded = false;
    await using agent = await startScriptedClient({
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
      answer: () => (overloaded ? unavailable(1_000_000_000n) : {}),
    });
    overloaded = true;
    await agent.during(() => agent.client.setHealth({ healthy: false, lastError: "disk" }));
    agent.client.setHealth({ healthy: false, lastError: "disk, still" });
    overloaded = false;
    const said = await agent.during(() => agent.clock.advance(1000));
    expect(said).toHaveLength(1);
    expect(said[0]?.health?.lastError).toBe("disk, still");
  });

  it("gets again what it turned down, also when an earlier answer came after it was sent [C-222 L-08]", async () => {
    let answers = true;
    await using agent = await startScriptedClient({
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
      answer: () => (answers ? {} : undefined),
    });
    answers = false;
    await agent.during(() => agent.client.setAgentDescription(renamed));
    await agent.during(() => agent.client.setHealth({ healthy: false, lastError: "disk" }));
    await agent.tell({ capabilities: 1n });
    await agent.tell(unavailable(1_000_000_000n));
    answers = true;
    const [report] = await agent.during(() => agent.clock.advance(1000));
    expect(report?.health?.lastError).toBe("disk");
    expect(report?.agentDescription).toBeUndefined();
  });

  it("gets again what it turned down, also when it answers the goodbye [C-222 C-225 L-08]", async () => {
    let overloaded = false;
    const goodbyes: number[] = [];
    await using agent = await startScriptedClient({
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
      wrap: (transport) => answeringGoodbyes(transport, () => goodbyes.push(1)),
      answer: () => (overloaded ? unavailable(1_000_000_000n) : {}),
    });
    overloaded = true;
    await agent.during(() => agent.client.setHealth({ healthy: false, lastError: "disk" }));
    overloaded = false;
    const [report] = await agent.during(() => agent.clock.advance(1000));
    expect(goodbyes).toHaveLength(1);
    expect(report?.health?.lastError).toBe("disk");
  });

  it("hears nothing in between, not even a heartbeat [C-230]", async () => {
    let overloaded = true;
    await using agent = await startScriptedClient({
      heartbeatIntervalMs: 1000,
      answer: () => (overloaded ? unavailable(20_000_000_000n) : {}),
    });
    overloaded = false;
    agent.client.setFlags(["RequestInstanceUid"]);
    expect(await agent.during(() => agent.clock.advance(19_999))).toEqual([]);
    expect(agent.clock.pendingTimers).toBe(1);
  });
});

describe("an overloaded server over HTTP", () => {
  it.each([
    ["status 503 with Retry-After", throttled(7000), 7000],
    ["status 503 alone", throttled(), 30_000],
  ])("is left alone as long as it has to be after %s [C-229 C-231 L-18]", async (_, error, ms) => {
    const connects: string[] = [];
    const failures: string[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages: true,
      heartbeatIntervalMs: 1000,
      callbacks: {
        onConnect: () => connects.push("up"),
        onConnectFailed: ({ code }) => failures.push(code),
      },
    });
    agent.session.failNextSend(error);
    await agent.clock.advance(1000);
    expect(failures).toEqual(["throttled"]);
    expect(waitMs(agent.client)).toBe(ms);
    expect(await agent.during(() => agent.clock.advance(ms - 1))).toEqual([]);
    expect(connects).toHaveLength(1);
    expect(await agent.during(() => agent.clock.advance(1))).toHaveLength(1);
    expect(connects).toHaveLength(2);
  });

  it("is obeyed when it says so in the body of an answer [C-232]", async () => {
    let overloaded = true;
    await using agent = await startScriptedClient({
      pollsForMessages: true,
      answer: () => (overloaded ? unavailable(2_000_000_000n) : {}),
    });
    expect(agent.client.status).toMatchObject({
      state: "backing-off",
      error: { code: "throttled" },
    });
    overloaded = false;
    expect(await agent.during(() => agent.clock.advance(1999))).toEqual([]);
    const [report] = await agent.during(() => agent.clock.advance(1));
    expect(report).toMatchObject({ sequenceNum: 0n });
    expect(report?.agentDescription).toBeDefined();
  });

  it("is given more time with every refusal in a row [C-228 C-231]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages: true,
      answer: () => unavailable(),
    });
    const waits: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      waits.push(waitMs(agent.client));
      await agent.clock.advance(waitMs(agent.client));
    }
    expect(waits).toEqual([30_000, 60_000, 120_000]);
  });
});

describe("an overloaded server that refuses the WebSocket", () => {
  it("gets one attempt in the time it asked for, and no connection is announced [C-229 L-18]", async () => {
    const events: string[] = [];
    await using agent = createScriptedClient({
      callbacks: {
        onConnect: () => events.push("connect"),
        onConnectFailed: ({ code }) => events.push(code),
      },
    });
    agent.server.refuseNext(throttled(30_000));
    await agent.client.start();
    await agent.clock.advance(29_999);
    expect(agent.server.attempts).toBe(1);
    expect(events).toEqual(["throttled"]);
  });

  it("does not make the client slower to come back from other failures [L-18]", async () => {
    await using agent = createScriptedClient({ random: () => 0.999 });
    agent.server.refuseNext(throttled(), ...refusals(1));
    await agent.client.start();
    await agent.clock.settle();
    await agent.clock.advance(waitMs(agent.client));
    expect(waitMs(agent.client)).toBeLessThan(2000);
  });
});
