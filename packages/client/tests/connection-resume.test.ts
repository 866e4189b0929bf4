import { decodeAgentToServer } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { refusals } from "./_util/problems.ts";
import { startScriptedClient } from "./_util/scripted-client.ts";
import { waitMs } from "./_util/statuses.ts";
import { createWireTrace } from "./_util/wire-trace.ts";

describe("coming back after a loss", () => {
  it("says who it is, and nothing that the server has [C-44 C-45]", async () => {
    await using agent = await startScriptedClient({
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
    });
    const said = await agent.during(async () => {
      agent.session.close();
      await agent.clock.advance(1000);
    });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ sequenceNum: 1n, capabilities: 0x801n });
    expect(said[0]?.agentDescription).toBeUndefined();
    expect(said[0]?.health).toBeUndefined();
  });

  it("says what changed meanwhile, and only that [C-45 C-223]", async () => {
    await using agent = await startScriptedClient({
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
    });
    agent.server.refuseNext(...refusals(3));
    agent.session.close();
    await agent.clock.settle();
    for (const status of ["one", "two", "three"]) {
      agent.client.setHealth({ healthy: false, status });
      await agent.clock.settle();
    }
    const said = await agent.during(() => agent.clock.advance(10_000));
    expect(said).toHaveLength(1);
    expect(said[0]?.health?.status).toBe("three");
    expect(said[0]?.agentDescription).toBeUndefined();
  });

  it("repeats what no answer confirmed [C-221 C-225 L-08]", async () => {
    let silent = false;
    await using agent = await startScriptedClient({
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
      answer: () => (silent ? undefined : {}),
    });
    silent = true;
    await agent.during(() => agent.client.setHealth({ healthy: false }));
    const said = await agent.during(async () => {
      agent.session.close();
      await agent.clock.advance(1000);
    });
    expect(said).toMatchObject([{ health: { healthy: false }, sequenceNum: 2n }]);
    expect(said[0]?.agentDescription).toBeUndefined();
  });

  it("repeats what went out after the message that was answered last [C-225 L-08]", async () => {
    await using agent = await startScriptedClient({
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
      answer: ({ health }) => (health?.status === "" ? {} : undefined),
    });
    agent.client.setCustomCapabilities(["com.example.a"]);
    await agent.clock.settle();
    await agent.during(() => agent.client.setHealth({ healthy: false, status: "worse" }));
    await agent.push({});
    const said = await agent.during(async () => {
      agent.session.close();
      await agent.clock.advance(1000);
    });
    expect(said[0]?.health?.status).toBe("worse");
    expect(said[0]?.customCapabilities).toBeUndefined();
  });

  it("counts its messages on, over any number of connections [C-41 C-43]", async () => {
    await using agent = await startScriptedClient({ heartbeatIntervalMs: 1000 });
    for (let round = 0; round < 3; round += 1) {
      await agent.clock.advance(1000);
      agent.session.close();
      await agent.clock.advance(1000);
    }
    const numbers = agent.messages.map(({ sequenceNum }) => sequenceNum);
    expect(numbers).toEqual(numbers.map((_, index) => BigInt(index)));
    expect(agent.server.sessions).toHaveLength(4);
  });

  it("opens every connection with a status report, before anything else that waits [C-44]", async () => {
    await using agent = await startScriptedClient({
      customCapabilities: ["com.example.echo"],
      answer: () => ({ customCapabilities: { capabilities: ["com.example.echo"] } }),
    });
    agent.session.close();
    await agent.clock.settle();
    const written = agent.client.sendCustomMessage({ capability: "com.example.echo", type: "hi" });
    await agent.clock.advance(1000);
    await written;
    const [first] = agent.session.messages.map(decodeAgentToServer);
    expect(first).toMatchObject({ sequenceNum: 1n, capabilities: 0x2001n });
  });
});

describe("the first answer", () => {
  it("is waited for only so long, then the session ends in order [C-233 C-242 L-19]", async () => {
    const trace = createWireTrace();
    await using agent = await startScriptedClient({
      wrap: trace.wrap,
      answer: () => undefined,
      heartbeatIntervalMs: 0,
      timeouts: { responseMs: 20_000 },
    });
    await agent.clock.advance(19_999);
    expect(agent.client.status.state).toBe("online");
    await agent.clock.advance(1);
    expect(trace.steps.slice(0, 5)).toEqual([
      "connect 1",
      "message 1",
      "goodbye 1",
      "close 1",
      "closed 1",
    ]);
    expect(trace.steps[5]).toBe("connect 2");
    const [report] = agent.session.messages.map(decodeAgentToServer);
    expect(report?.agentDescription).toBeDefined();
  });

  it("is all that is waited for: a server may be silent afterwards [W-05]", async () => {
    let silent = false;
    await using agent = await startScriptedClient({ answer: () => (silent ? undefined : {}) });
    silent = true;
    await agent.clock.advance(600_000);
    expect(agent.server.sessions).toHaveLength(1);
    expect(agent.client.status.state).toBe("online");
  });
});

describe("two sessions", () => {
  it("never exist at once, not even while the old one closes slowly [C-241 C-242]", async () => {
    const trace = createWireTrace();
    await using agent = await startScriptedClient({
      wrap: trace.wrap,
      answer: () => undefined,
      retry: { delayMs: () => 0 },
      timeouts: { responseMs: 10_000, stopMs: 3000 },
    });
    agent.session.stall();
    await agent.clock.advance(10_000 + 2999);
    expect(trace.steps.filter((step) => step.startsWith("connect"))).toEqual(["connect 1"]);
    expect(agent.client.status.state).toBe("connecting");
    await agent.clock.advance(1);
    expect(trace.steps).toContain("closed 1");
    expect(trace.steps.indexOf("connect 2")).toBeGreaterThan(trace.steps.indexOf("closed 1"));
    expect(agent.server.sessions.filter(({ ended }) => ended === undefined)).toHaveLength(1);
  });

  it("never exist at once over many losses and refusals [C-241]", async () => {
    const trace = createWireTrace();
    await using agent = await startScriptedClient({ wrap: trace.wrap, random: () => 0.3 });
    for (let round = 0; round < 10; round += 1) {
      agent.server.refuseNext(...refusals(round % 3));
      agent.session.close();
      await agent.clock.settle();
      while (agent.client.status.state === "backing-off") {
        await agent.clock.advance(waitMs(agent.client));
      }
      const open = agent.server.sessions.filter(({ ended }) => ended === undefined);
      expect(open).toHaveLength(1);
    }
  });
});
