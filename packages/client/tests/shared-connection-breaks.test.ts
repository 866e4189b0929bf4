import { bytesFromInstanceUid, encodeServerToAgent, ServerToAgentFlags } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { OpAMPClient } from "../src/index.ts";
import { refusals, throttled, unavailable } from "./_util/problems.ts";
import { createSharedClients, speakers } from "./_util/shared-clients.ts";
import { createWireTrace } from "./_util/wire-trace.ts";

/** The different statuses of all clients: one, where they go through the same. */
function statusesOf(clients: readonly OpAMPClient[]): readonly OpAMPClient["status"][] {
  const byText = new Map(
    clients.map(({ status }) => [
      JSON.stringify(status, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
      status,
    ]),
  );
  return [...byText.values()];
}

describe("200 clients whose connection breaks", () => {
  it("make one attempt at a time, with one wait for all [L-16 C-241]", async () => {
    let draws = 0;
    await using shared = createSharedClients({
      random: () => {
        draws += 1;
        return (draws % 10) / 10;
      },
    });
    const clients = await shared.start(200);
    shared.server.refuseNext(...refusals(3));
    shared.session.close();
    await shared.clock.settle();
    for (const attempt of [1, 2, 3]) {
      const [status, another] = statusesOf(clients);
      expect(another).toBeUndefined();
      expect(status).toMatchObject({ state: "backing-off", attempt });
      const delayMs = status?.state === "backing-off" ? status.delayMs : 0;
      await shared.clock.advance(delayMs - 1);
      expect(shared.server.attempts).toBe(attempt);
      await shared.clock.advance(1);
      expect(shared.server.attempts).toBe(attempt + 1);
    }
    await shared.clock.advance(60_000);
    expect(shared.server.attempts).toBe(5);
    expect(statusesOf(clients)).toMatchObject([{ state: "online" }]);
    expect(shared.clock.pendingTimers).toBeLessThanOrEqual(200 + 1);
  });

  it("come back with a status report each, and nothing that the server has [C-44 C-45]", async () => {
    await using shared = createSharedClients();
    const clients = await shared.start(200);
    const said = await shared.during(async () => {
      shared.session.close();
      await shared.clock.advance(1000);
    });
    expect(speakers(said)).toEqual(clients.map(({ instanceUid }) => instanceUid));
    expect(said.filter(({ agentDescription }) => agentDescription)).toEqual([]);
    expect(said.every(({ sequenceNum }) => sequenceNum === 1n)).toBe(true);
  });

  it("report everything to a server that has lost it, each as it is asked [C-57 L-08]", async () => {
    const restarted = new Set<string>();
    const asked = new Set<string>();
    await using shared = createSharedClients({
      answer: (message) => {
        const [uid = ""] = speakers([message]);
        if (!restarted.delete(uid)) return {};
        asked.add(uid);
        return { flags: ServerToAgentFlags.ReportFullState };
      },
    });
    const clients = await shared.start(200);
    for (const [i, { instanceUid }] of clients.entries()) if (i % 2) restarted.add(instanceUid);
    const said = await shared.during(async () => {
      shared.session.close();
      await shared.clock.advance(1000);
    });
    const full = said.filter(({ agentDescription }) => agentDescription !== undefined);
    expect(asked.size).toBe(100);
    expect(new Set(speakers(full))).toEqual(asked);
    expect(said).toHaveLength(300);
  });
});

describe("a shared connection", () => {
  it("keeps all away for as long as the server asks one of them [L-18 C-226 C-242]", async () => {
    const trace = createWireTrace();
    await using shared = createSharedClients({
      wrap: trace.wrap,
      answer: ({ customCapabilities }) => (customCapabilities ? unavailable(45_000_000_000n) : {}),
    });
    const clients = await shared.start(3);
    await shared.during(() => clients[1]?.setCustomCapabilities(["com.example.a"]));
    expect(statusesOf(clients)).toMatchObject([
      { state: "backing-off", delayMs: 45_000, error: { code: "throttled" } },
    ]);
    expect(trace.steps.slice(-5)).toEqual([
      ...Array<string>(3).fill("goodbye 1"),
      "close 1",
      "closed 1",
    ]);
    await shared.clock.advance(44_999);
    expect(shared.server.attempts).toBe(1);
    await shared.clock.advance(1);
    expect(shared.server.attempts).toBe(2);
  });

  it("waits as long as a refused handshake says, for all [L-18]", async () => {
    await using shared = createSharedClients();
    shared.server.refuseNext(throttled(90_000));
    const clients = await shared.start(3);
    expect(statusesOf(clients)).toMatchObject([{ state: "backing-off", delayMs: 90_000 }]);
    await shared.clock.advance(90_000);
    expect(statusesOf(clients)).toMatchObject([{ state: "online" }]);
    expect(shared.server.attempts).toBe(2);
  });

  it("waits for all when the server is overloaded and names no agent [L-18]", async () => {
    await using shared = createSharedClients();
    const clients = await shared.start(2);
    await shared.push(encodeServerToAgent(unavailable(45_000_000_000n)));
    expect(statusesOf(clients)).toMatchObject([{ state: "backing-off", delayMs: 45_000 }]);
  });

  it.each([
    ["no message at all", Uint8Array.of(0xff, 0xff)],
    ["a message without a uid", encodeServerToAgent({ capabilities: 1n })],
    ["a message with a uid of 5 bytes", encodeServerToAgent({ instanceUid: new Uint8Array(5) })],
  ])("breaks for all on %s, and comes back [L-03]", async (_, bytes) => {
    await using shared = createSharedClients();
    const clients = await shared.start(3);
    await shared.push(bytes);
    expect(statusesOf(clients)).toMatchObject([
      { state: "backing-off", error: { code: "malformed-message" } },
    ]);
    await shared.clock.advance(1000);
    expect(statusesOf(clients)).toMatchObject([{ state: "online" }]);
  });

  it("breaks for all on garbage behind a uid, and comes back [L-03]", async () => {
    await using shared = createSharedClients();
    const clients = await shared.start(3);
    const uid = bytesFromInstanceUid(clients[0]?.instanceUid ?? "");
    await shared.push(Uint8Array.of(...encodeServerToAgent({ instanceUid: uid }), 0xff));
    expect(statusesOf(clients)).toMatchObject([{ state: "backing-off" }]);
    await shared.clock.advance(1000);
    expect(statusesOf(clients)).toMatchObject([{ state: "online" }]);
    expect(shared.server.attempts).toBe(2);
  });

  it("takes a client that joins while it waits into the same wait [L-16]", async () => {
    await using shared = createSharedClients({ retry: { delayMs: () => 5000 } });
    const [first] = await shared.start(1);
    shared.session.close();
    await shared.clock.advance(2000);
    const [late] = await shared.start(1);
    expect(late?.status).toEqual({ ...first?.status, serverCapabilities: undefined });
    await shared.clock.advance(2999);
    expect(shared.server.attempts).toBe(1);
    await shared.clock.advance(1);
    expect([first?.status.state, late?.status.state]).toEqual(["online", "online"]);
  });

  it("tells each client why an attempt failed [L-20]", async () => {
    const failed: string[] = [];
    await using shared = createSharedClients();
    shared.server.refuseNext(...refusals(1));
    await shared.start(2, { callbacks: { onConnectFailed: ({ code }) => failed.push(code) } });
    expect(failed).toEqual(["connect-failed", "connect-failed"]);
    expect(shared.warnings).toHaveLength(1);
  });

  it("is left by one client while it is broken, and reached without it [L-21]", async () => {
    await using shared = createSharedClients();
    const [first, second] = await shared.start(2);
    shared.server.refuseNext(...refusals(1));
    shared.session.close();
    await shared.clock.settle();
    await first?.stop();
    const said = await shared.during(() => shared.clock.advance(5000));
    expect(speakers(said)).toEqual([second?.instanceUid]);
  });

  it("falls back on the default where the retry policy fails [L-07]", async () => {
    const delayMs = (): never => {
      throw new Error("boom");
    };
    await using shared = createSharedClients({ retry: { delayMs } });
    const clients = await shared.start(2);
    shared.session.close();
    await shared.clock.advance(1000);
    expect(statusesOf(clients)).toMatchObject([{ state: "online" }]);
    expect(shared.warnings.some((line) => line.includes("retry.delayMs failed"))).toBe(true);
  });
});
