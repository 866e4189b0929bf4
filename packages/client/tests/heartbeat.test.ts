import type { OpAMPConnectionSettingsInit, ServerToAgentInit } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { ScriptedClient, ScriptedClientOptions } from "./_util/scripted-client.ts";
import { declares, startScriptedClient } from "./_util/scripted-client.ts";

/** An offer that says nothing but how often to beat; each has a hash of its own. */
function offer(opamp: OpAMPConnectionSettingsInit | undefined, hash = 1): ServerToAgentInit {
  return { connectionSettings: { hash: Uint8Array.of(hash), ...(opamp && { opamp }) } };
}

function every(seconds: number, hash?: number): ServerToAgentInit {
  return offer({ heartbeatIntervalSeconds: BigInt(seconds) }, hash);
}

/** When the client speaks within the next `forMs`, in milliseconds from now. */
async function beatsOf(agent: ScriptedClient, forMs: number): Promise<readonly number[]> {
  const times: number[] = [];
  const startMs = agent.clock.now();
  while (agent.clock.now() - startMs < forMs) {
    const leftMs = forMs - (agent.clock.now() - startMs);
    const stepMs = Math.min(agent.clock.nextTimerMs ?? leftMs, leftMs);
    const said = await agent.during(() => agent.clock.advance(stepMs));
    if (said.length > 0) times.push(agent.clock.now() - startMs);
    if (stepMs === 0) break;
  }
  return times;
}

function start(options: ScriptedClientOptions = {}): Promise<ScriptedClient> {
  return startScriptedClient({
    capabilities: ["ReportsHeartbeat", "ReportsHealth"],
    health: {},
    ...options,
  });
}

describe("heartbeats over WebSocket", () => {
  it("are declared and sent every 30 s when nothing is said of them [C-72 C-73 C-74 C-80 C-81]", async () => {
    await using agent = await startScriptedClient();
    expect(agent.messages.every((message) => declares(message, "ReportsHeartbeat"))).toBe(true);
    expect(await beatsOf(agent, 120_000)).toEqual([30_000, 60_000, 90_000, 120_000]);
  });

  it("say who the agent is and nothing else [C-42 C-61 C-77]", async () => {
    await using agent = await startScriptedClient();
    const [beat] = await agent.during(() => agent.clock.advance(30_000));
    const { $typeName: _, instanceUid, sequenceNum, capabilities, flags, ...rest } = beat ?? {};
    expect(instanceUid).toEqual(agent.messages[0]?.instanceUid);
    expect({ sequenceNum, capabilities, flags }).toEqual({
      sequenceNum: 1n,
      capabilities: 0x2001n,
      flags: 0n,
    });
    expect(Object.values(rest).filter((value) => value !== undefined)).toEqual([]);
  });

  it("are not sent without the capability [C-82 L-22]", async () => {
    await using agent = await startScriptedClient({ capabilities: [], heartbeatIntervalMs: 1000 });
    expect(await beatsOf(agent, 3_600_000)).toEqual([]);
    expect(agent.client.status.state).toBe("online");
  });

  it("come and go with the capability at run time [C-63 C-82 L-22]", async () => {
    await using agent = await startScriptedClient({ heartbeatIntervalMs: 1000 });
    await agent.during(() => agent.client.setCapabilities([]));
    expect(await beatsOf(agent, 10_000)).toEqual([]);
    await agent.during(() => agent.client.setCapabilities(["ReportsHeartbeat"]));
    expect(await beatsOf(agent, 2000)).toEqual([1000, 2000]);
  });

  it("follow the interval of the settings; 0 sends none [C-74]", async () => {
    await using quick = await start({ heartbeatIntervalMs: 7000 });
    expect(await beatsOf(quick, 14_000)).toEqual([7000, 14_000]);
    await using silent = await start({ heartbeatIntervalMs: 0 });
    expect(await beatsOf(silent, 3_600_000)).toEqual([]);
  });

  it("follow the interval that the server offers [C-75]", async () => {
    await using agent = await start();
    await agent.push(every(7));
    expect(await beatsOf(agent, 21_000)).toEqual([7000, 14_000, 21_000]);
  });

  it("do not follow an offer that the agent did not declare to follow [L-22]", async () => {
    await using agent = await startScriptedClient({
      capabilities: ["AcceptsOpAMPConnectionSettings"],
    });
    await agent.push(every(7));
    expect(await beatsOf(agent, 60_000)).toEqual([]);
  });

  it("are switched off by an offered 0, and on again by another offer [C-76 L-22]", async () => {
    await using agent = await start();
    await agent.push(every(0));
    expect(await beatsOf(agent, 3_600_000)).toEqual([]);
    await agent.push(every(10, 2));
    await agent.during(() => agent.client.setHealth({ healthy: true }));
    expect(await beatsOf(agent, 20_000)).toEqual([10_000, 20_000]);
  });

  it("keep their interval when an offer says nothing of the OpAMP connection [L-22]", async () => {
    await using agent = await start({ heartbeatIntervalMs: 9000 });
    await agent.push(offer(undefined));
    expect(await beatsOf(agent, 18_000)).toEqual([9000, 18_000]);
  });

  it("count from the last message of any kind [C-79]", async () => {
    await using agent = await start();
    await agent.clock.advance(20_000);
    await agent.during(() => agent.client.setHealth({ healthy: true }));
    expect(await beatsOf(agent, 60_000)).toEqual([30_000, 60_000]);
  });

  it("count from the last message also with a new interval [C-75 C-79]", async () => {
    await using agent = await start();
    await agent.clock.advance(4000);
    await agent.push(every(10));
    expect(await beatsOf(agent, 16_000)).toEqual([6000, 16_000]);
    await agent.clock.advance(8000);
    await agent.push(every(5, 2));
    expect(await agent.during(() => agent.clock.advance(0))).toHaveLength(1);
  });

  it("come earlier by chance, never later [L-17]", async () => {
    const draws = [0, 0.5, 0.999];
    await using agent = await start({
      heartbeatIntervalMs: 10_000,
      random: () => draws.shift() ?? 0,
    });
    const beats = (await beatsOf(agent, 40_000)).map(Math.round);
    const gaps = beats.map((at, index) => at - (beats[index - 1] ?? 0));
    expect(gaps).toEqual([10_000, 9500, 9001, 10_000]);
  });

  it("pause while there is no connection, without a timer of their own [C-230]", async () => {
    await using agent = await start({
      heartbeatIntervalMs: 1000,
      retry: { delayMs: () => 10_000 },
    });
    agent.session.close();
    await agent.clock.settle();
    expect(agent.clock.pendingTimers).toBe(1);
    expect(agent.clock.nextTimerMs).toBe(10_000);
  });

  it("keep an offered interval over a reconnect [C-75]", async () => {
    await using agent = await start();
    await agent.push(every(5));
    agent.session.close();
    await agent.clock.advance(0);
    expect(agent.server.sessions).toHaveLength(2);
    expect(await beatsOf(agent, 10_000)).toEqual([5000, 10_000]);
  });

  it("take the interval of an offer that an earlier run has applied [C-75]", async () => {
    await using agent = await start({
      connectionSettingsStatus: { lastConnectionSettingsHash: Uint8Array.of(1) },
    });
    await agent.push(every(5));
    expect(await beatsOf(agent, 10_000)).toEqual([5000, 10_000]);
  });

  it("survive an interval of any size [C-75]", async () => {
    await using agent = await start();
    await agent.push({
      connectionSettings: { opamp: { heartbeatIntervalSeconds: 2n ** 64n - 1n } },
    });
    expect(await beatsOf(agent, 3_600_000)).toEqual([]);
    await agent.push(every(5, 2));
    expect(await agent.during(() => agent.clock.advance(0))).toHaveLength(1);
    expect(await beatsOf(agent, 5000)).toEqual([5000]);
  });
});
