import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { accept, createOpAMPServer, type ServerSettings } from "@opamp/server";
import { createFakeClock, eventually, type FakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent, type RawAgent, refusalOf } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";

/** A server of which time is the test's, and so many agents. */
async function setUp(count: number, settings: ServerSettings = {}) {
  const clock = createFakeClock();
  const running = await startServer({ clock, random: () => 0.5, ...settings });
  const agents = await Promise.all(
    Array.from({ length: count }, () => connectAgent(running.wsUrl)),
  );
  const closed: RawAgent[] = [];
  for (const agent of agents) void agent.closed.then(() => closed.push(agent));
  return { clock, running, agents, closed };
}

/** Moves time on, and waits until so many agents are left. */
async function advanceUntil(clock: FakeClock, ms: number, check: () => void): Promise<void> {
  await clock.advance(ms);
  await eventually(check);
}

describe("a server that drains", () => {
  it("closes WebSockets with 1001 one after the other over the window, with no message before [S-134 L-29]", async () => {
    const { clock, running, agents, closed } = await setUp(4);
    const closing = running.server.close({ drainMs: 4000 });
    for (let gone = 1; gone <= 4; gone += 1) {
      await advanceUntil(clock, 1000, () => expect(closed).toHaveLength(gone));
      expect(running.server.connections.size).toBe(4 - gone);
    }
    await closing;
    for (const agent of agents) {
      expect(await agent.closed).toEqual({ code: 1001, reason: "the server is shutting down" });
      expect(agent.frames).toHaveLength(0);
    }
  });

  it("serves each agent until its close frame [L-29]", async () => {
    const { clock, running, agents, closed } = await setUp(3);
    const closing = running.server.close({ drainMs: 3000 });
    await advanceUntil(clock, 1000, () => expect(closed).toHaveLength(1));
    const open = agents.filter((agent) => agent.webSocket.readyState === agent.webSocket.OPEN);
    expect(open).toHaveLength(2);
    for (const agent of open) expect((await agent.ask()).errorResponse).toBeUndefined();
    await clock.advance(2000);
    await closing;
  });

  it("refuses who comes meanwhile with 503 and a time to come back, on both transports [S-132]", async () => {
    const { clock, running } = await setUp(1);
    const closing = running.server.close({ drainMs: 1000 });
    const poll = await post(running.httpUrl, pollMessage().body);
    for (const response of [poll, await refusalOf(running.wsUrl)]) {
      expect(response.status).toBe(503);
      expect(response.headers["retry-after"]).toBe("45");
      expect(response.headers.connection).toBe("close");
      expect(response.body.toString()).toContain("shutting down");
    }
    await clock.advance(1000);
    await closing;
    await expect(post(running.httpUrl, pollMessage().body)).rejects.toThrow("ECONNREFUSED");
  });

  it("waits for answers under way after the window, until the deadline, and cuts then [L-29 L-07]", async () => {
    let asked = 0;
    const onMessage = () => {
      asked += 1;
      return new Promise<undefined>(() => undefined);
    };
    const { clock, running, agents } = await setUp(1, { callbacks: { onMessage } });
    agents[0]?.say();
    await eventually(() => expect(asked).toBe(1));
    const closing = running.server.close({ drainMs: 1000, deadlineMs: 5000 });
    // Its turn is in the middle of the window, and the last one ends it.
    await clock.advance(5499);
    expect(running.server.connections.size).toBe(1);
    await clock.advance(1);
    await closing;
    expect(running.server.connections.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("is done at once when its agents have gone by themselves", async () => {
    const { clock, running, agents } = await setUp(3);
    const closing = running.server.close({ drainMs: 60_000 });
    for (const agent of agents) agent.webSocket.close();
    await eventually(() => expect(running.server.connections.size).toBe(0));
    await clock.advance(20_000);
    await closing;
  });

  it("does so by default when told in the settings", async () => {
    const { clock, running, closed } = await setUp(2, { timeouts: { drainMs: 2000 } });
    const closing = running.server.close();
    await advanceUntil(clock, 1000, () => expect(closed).toHaveLength(1));
    await advanceUntil(clock, 1000, () => expect(closed).toHaveLength(2));
    await closing;
  });

  it("leaves the other paths of an attached server alone", async () => {
    const clock = createFakeClock();
    const http = createServer((_, response) => response.end("yours"));
    const server = createOpAMPServer({ clock, callbacks: { onConnecting: () => accept() } });
    server.attach(http);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const root = `127.0.0.1:${(http.address() as AddressInfo).port}`;
    await using _agent: RawAgent = await connectAgent(`ws://${root}/v1/opamp`);
    const closing = server.close({ drainMs: 1000 });
    expect((await post(`http://${root}/v1/opamp`, pollMessage().body)).status).toBe(503);
    expect((await post(`http://${root}/other`, pollMessage().body)).body.toString()).toBe("yours");
    await clock.advance(1000);
    await closing;
    http.close();
  });
});
