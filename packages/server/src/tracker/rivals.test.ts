import { CloseCode } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import {
  createTrackedFleet,
  type FakeAgent,
  fakeConnection,
  first,
  type TrackedFleet,
} from "../../tests/_util/tracked-fleet.ts";
import type { AgentTrackerSettings } from "./agent-tracker.ts";

/** An agent on a WebSocket, and another that uses its uid on another one. */
async function setUp(
  settings: AgentTrackerSettings = {},
): Promise<TrackedFleet & { one: FakeAgent; other: FakeAgent }> {
  const fleet = createTrackedFleet(settings);
  const one = fleet.agent();
  await one.say(first);
  for (let i = 0; i < 5; i += 1) await one.say();
  return { ...fleet, one, other: fleet.agent({ uid: one.uid }) };
}

describe("a second agent with the uid of one that is connected", () => {
  it("is detected and told to take another; the first is untouched [S-142 S-143]", async () => {
    const { one, other, tracker, events, eventsOf } = await setUp();
    const known = tracker.agent(one.uid);
    events.length = 0;
    const { agentIdentification } = await other.say({ ...first, sequenceNum: 0n });
    expect(eventsOf("duplicate-uid")).toMatchObject([{ uid: one.uid, seenBy: "connections" }]);
    expect(tracker.agent(one.uid)).toBe(known);
    expect(await one.say()).toEqual({});

    const before = other.uid;
    other.rename(agentIdentification?.newInstanceUid);
    expect(other.uid).not.toBe(before);
    expect(await other.say()).toMatchObject({ flags: 1n });
    await other.say(first);
    expect(tracker.agents()).toMatchObject([{ uid: one.uid }, { uid: other.uid, parts: first }]);
  });

  it("is told the same uid as often as it asks [S-143]", async () => {
    const { other, eventsOf } = await setUp();
    const answers = [await other.say(first), await other.say(first)];
    expect(answers[0]).toEqual(answers[1]);
    expect(eventsOf("duplicate-uid")).toHaveLength(1);
  });

  it("is detected also when both turn up while the store is asked [S-142]", async () => {
    const fleet = createTrackedFleet({
      store: { load: async () => undefined, save: async () => {}, delete: async () => {} },
    });
    const one = fleet.agent();
    const other = fleet.agent({ uid: one.uid });
    const answers = await Promise.all([one.say(first), other.say(first)]);
    expect(answers[0]).toEqual({});
    expect(answers[1]?.agentIdentification?.newInstanceUid).toHaveLength(16);
    expect(one.connection.closedWith).toBeUndefined();
  });

  it("is refused, when that is the policy [S-141 S-144]", async () => {
    const { one, other } = await setUp({ duplicates: "refuse" });
    expect(await other.say(first)).toMatchObject({ errorResponse: { type: 1 } });
    expect(await one.say()).toEqual({});
  });

  it("may say goodbye: that concerns the first one in no way [S-143]", async () => {
    const { one, other, tracker, eventsOf } = await setUp();
    expect(await other.say({ agentDisconnect: {} })).toEqual({});
    expect(tracker.agent(one.uid)?.presence).toBe("connected");
    expect(eventsOf("duplicate-uid")).toEqual([]);
  });

  it("does not cut it off by a message over HTTP", async () => {
    const { one, other, tracker } = await setUp();
    other.connection = fakeConnection("http");
    await other.say(first);
    expect(one.connection.closedWith).toBeUndefined();
    await one.say(first);
    expect(tracker.agent(one.uid)?.presence).toBe("connected");
  });

  it("gets the uid when the first one has gone", async () => {
    const { one, other, tracker } = await setUp();
    await one.say({ agentDisconnect: {} });
    expect(await other.say(first)).toEqual({});
    expect(tracker.agent(one.uid)?.presence).toBe("connected");
  });
});

describe("an agent that comes back while its old connection seems open", () => {
  it("keeps its uid when the old one shows no sign of life [S-145]", async () => {
    const { one, tracker, eventsOf } = await setUp();
    const old = one.connection;
    old.alive = false;
    one.connection = fakeConnection();
    expect(await one.say({ ...first, sequenceNum: 0n })).toEqual({});
    expect(eventsOf("duplicate-uid")).toEqual([]);
    expect(old.closedWith).toBe(CloseCode.PolicyViolation);
    tracker.callbacks.onConnectionClosed(old, { by: "network", code: 1006 });
    await tracker.close();
    expect(tracker.agent(one.uid)?.presence).toBe("connected");
  });

  it("keeps its uid when the old one ends while it is probed [S-145]", async () => {
    const { one, tracker, clock, eventsOf } = await setUp();
    const old = one.connection;
    const pong = Promise.withResolvers<boolean>();
    old.ping = () => pong.promise;
    one.connection = fakeConnection();
    const answer = one.say();
    tracker.callbacks.onConnectionClosed(old, { by: "network", code: 1006 });
    await clock.settle();
    pong.resolve(true);
    expect(await answer).toEqual({});
    expect(eventsOf("duplicate-uid")).toEqual([]);
  });

  it("leaves the old connection to the other agents on it [S-145]", async () => {
    const { one, agent } = await setUp();
    const shared = one.connection;
    const neighbour = agent({ connection: shared });
    await neighbour.say(first);
    shared.alive = false;
    one.connection = fakeConnection();
    await one.say();
    expect(shared.closedWith).toBeUndefined();
    expect(await neighbour.say()).toEqual({});
  });

  it("is told there what it has to be told", async () => {
    const { one, tracker } = await setUp();
    const old = one.connection;
    old.alive = false;
    one.connection = fakeConnection();
    await one.say();
    expect(await tracker.restart(one.uid)).toBe("sent");
    expect([old.pushed.length, one.connection.pushed.length]).toEqual([0, 1]);
  });
});

describe("agents with one uid over HTTP", () => {
  it("are told apart by their sequences, and one takes another uid [S-142 S-146]", async () => {
    const { agent, tracker, eventsOf } = createTrackedFleet();
    const one = agent({ connection: fakeConnection("http") });
    const other = agent({ uid: one.uid, connection: fakeConnection("http") });
    other.sequenceNum = 1000n;
    for (let i = 0; i < 20; i += 1) {
      const speaker = i % 2 === 0 ? one : other;
      const { agentIdentification, flags } = await speaker.say(i < 2 ? first : {});
      speaker.rename(agentIdentification?.newInstanceUid);
      if (flags === 1n) await speaker.say(first);
    }
    expect(one.uid).not.toBe(other.uid);
    expect(eventsOf("duplicate-uid")).toMatchObject([{ seenBy: "sequence" }]);
    expect(tracker.agents()).toMatchObject([{ parts: first }, { parts: first }]);
    expect(await one.say()).toEqual({});
    expect(await other.say()).toEqual({});
  });
});
