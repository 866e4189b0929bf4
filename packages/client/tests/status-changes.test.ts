import { describe, expect, it } from "vitest";
import type { ClientStatus } from "../src/index.ts";
import { refused } from "./_util/problems.ts";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";
import { recordStatuses, stateNames } from "./_util/statuses.ts";

async function take(from: AsyncIterable<ClientStatus>, count: number): Promise<ClientStatus[]> {
  const taken: ClientStatus[] = [];
  for await (const status of from) {
    taken.push(status);
    if (taken.length === count) break;
  }
  return taken;
}

describe("status changes", () => {
  it("begin with the status now and end with the client", async () => {
    await using agent = await startScriptedClient();
    const statuses = recordStatuses(agent.client);
    await agent.stop();
    expect(stateNames(statuses)).toEqual(["online", "stopping", "stopped"]);
    expect(statuses.at(-1)).toEqual(agent.client.status);
    const late: ClientStatus[] = [];
    for await (const status of agent.client.statusChanges()) late.push(status);
    expect(stateNames(late)).toEqual(["stopped"]);
  });

  it("tell what the server can do and asks for, as soon as it says so [L-24]", async () => {
    await using agent = createScriptedClient({
      answer: ({ sequenceNum }) => ({ capabilities: 0b11n, flags: sequenceNum === 0n ? 1n : 0n }),
    });
    const statuses = recordStatuses(agent.client);
    await agent.client.start();
    await agent.clock.settle();
    const online = statuses.filter(({ state }) => state === "online");
    expect(online[0]?.serverCapabilities).toBeUndefined();
    expect(online[1]).toMatchObject({
      serverCapabilities: ["AcceptsStatus", "OffersRemoteConfig"],
      serverFlags: ["ReportFullState"],
    });
    expect(agent.client.status.serverFlags).toEqual([]);
    expect(agent.client.status.serverCapabilities).toEqual(online[1]?.serverCapabilities);
  });

  it("keep what is known of the server while it is away, and while it repeats itself [C-65 L-24]", async () => {
    await using agent = await startScriptedClient({ answer: () => ({ capabilities: 0b1n }) });
    agent.server.refuseNext(refused());
    agent.session.close();
    await agent.clock.settle();
    expect(agent.client.status.serverCapabilities).toEqual(["AcceptsStatus"]);
    const statuses = recordStatuses(agent.client);
    await agent.clock.advance(10_000);
    await agent.push({ capabilities: 0n });
    expect(agent.client.status.serverCapabilities).toEqual(["AcceptsStatus"]);
    expect(stateNames(statuses)).toHaveLength(statuses.length);
  });

  it("go to every reader, each at its own pace", async () => {
    await using agent = createScriptedClient();
    const slow = agent.client.statusChanges();
    const quick = recordStatuses(agent.client);
    await agent.client.start();
    await agent.clock.settle();
    expect(quick.map(({ state }) => state)).toEqual(["idle", "connecting", "online", "online"]);
    expect(await take(slow, 4)).toEqual(quick);
  });

  it("wait for a slow reader, the newest of them", async () => {
    await using agent = createScriptedClient({ retry: { delayMs: () => 0 } });
    agent.server.refuseNext(...Array.from({ length: 500 }, refused));
    const slow = agent.client.statusChanges();
    await agent.client.start();
    await agent.clock.advance(0);
    await agent.stop();
    const statuses: ClientStatus[] = [];
    for await (const status of slow) statuses.push(status);
    expect(statuses).toHaveLength(256);
    expect(stateNames(statuses).slice(-4)).toEqual(["connecting", "online", "stopping", "stopped"]);
  });

  it("stop with the loop that reads them, and with no other", async () => {
    await using agent = createScriptedClient();
    const other = recordStatuses(agent.client);
    const changes = agent.client.statusChanges();
    expect(await take(changes, 1)).toMatchObject([{ state: "idle" }]);
    await agent.client.start();
    await agent.clock.settle();
    expect(await changes.next()).toEqual({ done: true, value: undefined });
    expect(stateNames(other)).toEqual(["idle", "connecting", "online"]);
  });

  it("end at once when the signal fires, also for a reader that waits or lags", async () => {
    await using agent = await startScriptedClient();
    const abort = new AbortController();
    const waiting = agent.client.statusChanges({ signal: abort.signal });
    const lagging = agent.client.statusChanges({ signal: abort.signal });
    await waiting.next();
    const next = waiting.next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await lagging.next()).toEqual({ done: true, value: undefined });
    const late = agent.client.statusChanges({ signal: abort.signal });
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  it("end for everyone who waits when the client stops", async () => {
    await using agent = await startScriptedClient();
    const changes = agent.client.statusChanges();
    await changes.next();
    const waits = [changes.next(), changes.next(), changes.next()];
    await agent.stop();
    expect(await Promise.all(waits)).toMatchObject([
      { done: false, value: { state: "stopping" } },
      { done: false, value: { state: "stopped" } },
      { done: true },
    ]);
  });
});
