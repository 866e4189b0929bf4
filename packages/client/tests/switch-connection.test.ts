import { OpAMPError, ServerErrorResponseType } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { SwitchOutcome, WholeConnectionSettings } from "../src/index.ts";
import { refused, unavailable } from "./_util/problems.ts";
import {
  createSwitchingClient,
  NEW,
  OLD,
  type SwitchingClient,
  startSwitchingClient,
} from "./_util/switching-client.ts";

/** Switches and waits for the outcome, whatever time that takes. */
async function switched(
  { client, clock }: SwitchingClient,
  ...args: Parameters<SwitchingClient["client"]["switchConnection"]>
): Promise<SwitchOutcome> {
  const outcome = client.switchConnection(...args);
  await clock.advance(60_000);
  return outcome;
}

/** The sequence numbers in a trace. */
const numbers = (trace: readonly string[]): readonly number[] =>
  trace.map((line) => Number(line.split(" ")[1]));

const gapless = (trace: readonly string[]): readonly number[] => trace.map((_, index) => index);

describe.each([
  ["ws", "ws"],
  ["http", "http"],
  ["ws", "http"],
  ["http", "ws"],
])("a switch from %s to %s", (from, to) => {
  const [oldUrl, newUrl] = [`${from}://old.example.com`, `${to}://new.example.com`];
  const start = (settings: Parameters<typeof startSwitchingClient>[0] = {}) =>
    startSwitchingClient({ serverUrl: oldUrl, heartbeatIntervalMs: 3_600_000, ...settings });

  it("says goodbye, closes, connects, and goes on where it was [C-113 C-114 C-241 C-242 L-15]", async () => {
    await using agent = await start();
    expect(agent.client.connectionSettings.serverUrl).toBe(oldUrl);
    expect(await switched(agent, { serverUrl: newUrl })).toEqual({ kind: "switched" });
    expect(agent.client.connectionSettings.serverUrl).toBe(newUrl);
    expect(agent.trace).toEqual(["old 0", "old 1 goodbye", "new 2"]);
    expect(agent.mostSessions).toBe(1);
    expect(agent.client.status.state).toBe("online");
    expect(agent.at(oldUrl).server.sessions[0]?.ended).toBeDefined();
    const [first] = agent.at(newUrl).messages;
    expect(first?.instanceUid).toEqual(agent.at(oldUrl).messages[0]?.instanceUid);
    expect(first?.agentDescription).toBeDefined();
  });

  it("leads back at once when the new server cannot be reached [C-118]", async () => {
    await using agent = await start();
    agent.at(newUrl).server.refuseNext(refused());
    const outcome = agent.client.switchConnection({ serverUrl: newUrl });
    await agent.clock.settle();
    expect(await outcome).toMatchObject({
      kind: "rolled-back",
      error: { code: "connect-failed" },
    });
    expect(agent.client.connectionSettings.serverUrl).toBe(oldUrl);
    expect(agent.trace).toEqual(["old 0", "old 1 goodbye", "old 2"]);
    expect(agent.client.status.state).toBe("online");
    expect(agent.mostSessions).toBe(1);
  });

  it("leads back when the new server does not let it in [C-115 C-118 C-243 L-20]", async () => {
    await using agent = await start();
    agent.at(newUrl).server.refuseNext(new OpAMPError("unauthorized", "no", { status: 401 }));
    expect(await switched(agent, { serverUrl: newUrl })).toMatchObject({
      kind: "rolled-back",
      error: { code: "unauthorized", status: 401 },
    });
    expect(agent.trace.at(-1)).toBe("old 2");
  });

  it("leads back when the new server answers with an error or with nonsense [C-115 C-118 L-03]", async () => {
    await using agent = await start();
    for (const [reply, code] of [
      [{ errorResponse: { type: ServerErrorResponseType.BadRequest } }, "bad-request"],
      [unavailable(600_000_000_000n), "throttled"],
      [Uint8Array.of(0xff), "malformed-message"],
    ] as const) {
      agent.at(newUrl).answer = () => reply;
      const before = agent.at(oldUrl).messages.length;
      expect(await switched(agent, { serverUrl: newUrl })).toMatchObject({ error: { code } });
      expect(agent.at(oldUrl).messages).toHaveLength(before + 2);
      expect(agent.client.status.state).toBe("online");
    }
    expect(agent.mostSessions).toBe(1);
  });

  it("leads back when the new server accepts and drops [C-118 L-16]", async () => {
    await using agent = await start();
    const { server } = agent.at(newUrl);
    agent.at(newUrl).answer = () => {
      server.sessions.at(-1)?.close();
      return undefined;
    };
    expect(await switched(agent, { serverUrl: newUrl })).toMatchObject({ kind: "rolled-back" });
    expect(server.attempts).toBe(1);
    expect(agent.client.status.state).toBe("online");
    expect(
      numbers(agent.at(oldUrl).messages.map((m) => `old ${m.sequenceNum}`)).slice(0, 2),
    ).toEqual([0, 1]);
  });

  it("leads back when the new server says nothing within timeouts.switchMs [C-115 C-118]", async () => {
    await using agent = await start({ timeouts: { switchMs: 700 } });
    agent.at(newUrl).answer = () => undefined;
    const outcome = agent.client.switchConnection({ serverUrl: newUrl });
    await agent.clock.advance(699);
    expect(agent.at(oldUrl).messages).toHaveLength(2);
    await agent.clock.advance(1);
    expect(await outcome).toMatchObject({ kind: "rolled-back", error: { code: "timeout" } });
    expect(agent.at(oldUrl).messages).toHaveLength(3);
    expect(agent.at(newUrl).server.sessions[0]?.ended).toBeDefined();
    expect(agent.client.status.state).toBe("online");
  });

  it("leads back when its signal fires, and does not begin when it has fired", async () => {
    await using agent = await start();
    agent.at(newUrl).server.stall();
    const abort = new AbortController();
    const outcome = agent.client.switchConnection({ serverUrl: newUrl }, { signal: abort.signal });
    await agent.clock.settle();
    abort.abort();
    await agent.clock.settle();
    expect(await outcome).toMatchObject({ kind: "rolled-back", error: { code: "aborted" } });
    expect(agent.trace).toEqual(["old 0", "old 1 goodbye", "old 2"]);
    const { signal } = abort;
    expect(await agent.client.switchConnection({ serverUrl: newUrl }, { signal })).toMatchObject({
      error: { code: "aborted" },
    });
    expect(agent.trace).toHaveLength(3);
  });

  it("keeps what waits and what was never confirmed [L-08 L-15]", async () => {
    await using agent = await start({
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
      customCapabilities: ["com.example.a"],
    });
    agent.at(oldUrl).answer = () => undefined;
    agent.at(newUrl).answer = () => ({ customCapabilities: { capabilities: ["com.example.a"] } });
    agent.at(newUrl).server.stall();
    const outcome = agent.client.switchConnection({ serverUrl: newUrl });
    await agent.clock.settle();
    agent.client.setHealth({ healthy: false, lastError: "disk full" });
    const sent = agent.client.sendCustomMessage({ capability: "com.example.a", type: "t" });
    agent.at(newUrl).server.resume();
    await agent.clock.advance(10_000);
    expect(await outcome).toEqual({ kind: "switched" });
    await sent;
    const [first, second] = agent.at(newUrl).messages;
    expect(first?.health).toMatchObject({ healthy: false, lastError: "disk full" });
    expect(first?.customMessage).toBeUndefined();
    expect(second?.customMessage?.type).toBe("t");
  });

  it("leaves no gap in the sequence numbers, there and back [C-41 L-15]", async () => {
    await using agent = await start();
    await switched(agent, { serverUrl: newUrl });
    await switched(agent, { serverUrl: oldUrl });
    agent.at(newUrl).server.refuseNext(refused());
    await switched(agent, { serverUrl: newUrl });
    expect(agent.trace).toHaveLength(7);
    expect(numbers(agent.trace)).toEqual(gapless(agent.trace));
  });

  it("ends when the client stops in the middle of it [L-21]", async () => {
    await using agent = await start();
    agent.at(newUrl).answer = () => undefined;
    const outcome = agent.client.switchConnection({ serverUrl: newUrl });
    await agent.clock.settle();
    await agent.stop();
    expect(await outcome).toEqual({ kind: "stopped" });
    expect(agent.client.status.state).toBe("stopped");
    expect(agent.at(oldUrl).messages).toHaveLength(2);
    expect(agent.clock.pendingTimers).toBe(0);
    expect(await agent.client.switchConnection({ serverUrl: oldUrl })).toEqual({ kind: "stopped" });
  });

  it("gives way to a later switch [C-241]", async () => {
    await using agent = await start();
    agent.at(newUrl).server.stall();
    const first = agent.client.switchConnection({ serverUrl: newUrl });
    await agent.clock.settle();
    const third = `${to}://third.example.com`;
    const second = agent.client.switchConnection({ serverUrl: third });
    await agent.clock.settle();
    agent.at(newUrl).server.resume();
    await agent.clock.settle();
    expect(await first).toEqual({ kind: "superseded" });
    expect(await second).toEqual({ kind: "switched" });
    expect(agent.trace).toEqual(["old 0", "old 1 goodbye", "third 2"]);
    expect(agent.mostSessions).toBe(1);
  });

  it("goes back to the last settings that were good, not to a candidate [C-116 C-118]", async () => {
    await using agent = await start();
    agent.at(newUrl).server.stall();
    const first = agent.client.switchConnection({ serverUrl: newUrl });
    await agent.clock.settle();
    const third = `${to}://third.example.com`;
    agent.at(third).server.refuseNext(refused());
    expect(await switched(agent, { serverUrl: third })).toMatchObject({ kind: "rolled-back" });
    expect(await first).toEqual({ kind: "superseded" });
    expect(agent.trace.at(-1)).toBe("old 2");
  });
});

describe("a switch", () => {
  it("only replaces the settings before the start", async () => {
    await using agent = createSwitchingClient();
    expect(await agent.client.switchConnection({ serverUrl: NEW })).toEqual({ kind: "switched" });
    expect(agent.client.status.state).toBe("idle");
    await agent.client.start();
    await agent.clock.settle();
    expect(agent.trace).toEqual(["new 0"]);
  });

  it("cuts a wait short, and ends an attempt under way before it begins [C-241]", async () => {
    await using agent = createSwitchingClient();
    agent.at(OLD).server.refuseNext(refused());
    await agent.client.start();
    await agent.clock.settle();
    expect(agent.client.status.state).toBe("backing-off");
    agent.at(OLD).server.stall();
    agent.at(NEW).server.stall();
    const first = agent.client.switchConnection({ serverUrl: NEW });
    await agent.clock.settle();
    expect(agent.client.status).toMatchObject({ state: "connecting", attempt: 1 });
    const second = agent.client.switchConnection({ serverUrl: "ws://third.example.com" });
    await agent.clock.settle();
    expect([await first, await second]).toEqual([{ kind: "superseded" }, { kind: "switched" }]);
    expect(agent.trace).toEqual(["third 0"]);
  });

  it("waits for the end of an old connection that takes nothing, within timeouts.stopMs [C-242 L-21]", async () => {
    await using agent = await startSwitchingClient({ timeouts: { stopMs: 500 } });
    agent.at(OLD).server.sessions[0]?.stall();
    const outcome = agent.client.switchConnection({ serverUrl: NEW });
    await agent.clock.advance(499);
    expect(agent.at(NEW).server.attempts).toBe(0);
    await agent.clock.advance(1);
    expect(await outcome).toEqual({ kind: "switched" });
    expect(agent.mostSessions).toBe(1);
  });

  it("keeps what it is not told of, and takes away what is null", async () => {
    const proxy = { url: "http://proxy.example.com" };
    const tls = { minVersion: "TLSv1.3" } as const;
    await using agent = await startSwitchingClient({ headers: { a: "1" }, proxy, tls });
    await switched(agent, { serverUrl: NEW });
    const before = { headers: { a: "1" }, proxy, tls, compression: false };
    expect(agent.settings.at(-1)).toMatchObject({ ...before, serverUrl: NEW });
    await switched(agent, { headers: null, proxy: null, tls: null, compression: true });
    expect(agent.settings.at(-1)).toEqual({
      serverUrl: NEW,
      headers: {},
      proxy: null,
      tls: {},
      compression: true,
      heartbeatIntervalMs: 30_000,
    } satisfies WholeConnectionSettings);
  });

  it("takes the new heartbeat interval, and the old one when it fails", async () => {
    await using agent = await startSwitchingClient();
    const beats = async (url: string, forMs: number): Promise<number> => {
      const before = agent.at(url).messages.length;
      await agent.clock.advance(forMs);
      return agent.at(url).messages.length - before;
    };
    await switched(agent, { serverUrl: NEW, heartbeatIntervalMs: 1000 });
    expect(await beats(NEW, 10_000)).toBe(10);
    agent.at(OLD).server.refuseNext(refused());
    await switched(agent, { serverUrl: OLD, heartbeatIntervalMs: 100 });
    expect(await beats(NEW, 10_000)).toBe(10);
  });

  it("does not begin with settings that do not fit", async () => {
    await using agent = await startSwitchingClient();
    for (const wrong of [
      { heartbeatIntervalMs: -1 },
      { heartbeatIntervalMs: Number.NaN },
      { serverUrl: "http://new.example.com", heartbeatIntervalMs: 0 },
    ]) {
      await expect(agent.client.switchConnection(wrong)).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
    expect(agent.trace).toEqual(["old 0"]);
  });
});
