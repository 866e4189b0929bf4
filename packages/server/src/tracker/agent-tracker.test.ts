import { type AgentToServerInit, OpAMPError, RemoteConfigStatuses } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createMapStore } from "../../tests/_util/map-store.ts";
import {
  createTrackedFleet,
  fakeConnection,
  first,
  type TrackedFleet,
} from "../../tests/_util/tracked-fleet.ts";
import { createAgentTracker } from "./create-agent-tracker.ts";
import type { Desired } from "./desired.ts";
import { createPackagesOffer } from "./packages-offer.ts";
import { createRemoteConfigOffer } from "./remote-config-offer.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

const config = (text: string) => createRemoteConfigOffer({ f: text });

const applied = (hash: Uint8Array | undefined): AgentToServerInit => ({
  remoteConfigStatus: { lastRemoteConfigHash: hash, status: RemoteConfigStatuses.APPLIED },
});

describe("what is known", () => {
  it("is what the agent said, with an event for each thing that is new", async () => {
    const { agent, tracker, events } = createTrackedFleet();
    const one = agent();
    await one.say(first);
    expect(tracker.agent(one.uid)?.parts).toMatchObject(first);
    expect(events.map(({ type }) => type)).toEqual([
      "agent-appeared",
      "presence-changed",
      "capabilities-changed",
      "description-changed",
      "effective-config-changed",
      "available-components-changed",
    ]);
    events.length = 0;
    for (let i = 0; i < 10; i += 1) expect(await one.say()).toEqual({});
    expect(events).toEqual([]);
    expect(tracker.agents()).toEqual([tracker.agent(one.uid)]);
  });

  it("survives the connection, and the agent goes on over another [S-33 S-139]", async () => {
    const { agent, tracker } = createTrackedFleet();
    const one = agent();
    await one.say(first);
    tracker.callbacks.onConnectionClosed(one.connection, { by: "network", code: 1006 });
    await tracker.close();
    expect(tracker.agent(one.uid)?.presence).toBe("gone");
    one.connection = fakeConnection();
    expect(await one.say()).toEqual({});
    expect(tracker.agent(one.uid)).toMatchObject({ presence: "connected", parts: first });
  });

  it("outlives the process in a store, which hears nothing of heartbeats [S-42 S-160]", async () => {
    const store = createMapStore();
    let saves = 0;
    const save = (known: TrackedAgent) => {
      saves += 1;
      return store.save(known);
    };
    const before = createTrackedFleet({ store: { ...store, save } });
    const one = before.agent();
    await one.say(first);
    for (let i = 0; i < 10; i += 1) await one.say();
    expect(saves).toBe(1);
    await before.tracker.close();

    const after = createTrackedFleet({ store });
    const again = after.agent({ uid: one.uid });
    again.sequenceNum = one.sequenceNum;
    expect(await again.say()).toEqual({});
    expect(after.tracker.agent(one.uid)?.parts).toMatchObject(first);
    expect(after.events).toEqual([]);
  });

  it("may come from a store that says null of whom it does not know, as databases do", async () => {
    const store = { load: async () => null, save: () => {}, delete: () => {} };
    const { agent, tracker } = createTrackedFleet({ store });
    const one = agent();
    expect(await one.say(first)).toEqual({});
    expect(tracker.agent(one.uid)?.parts).toMatchObject(first);
  });

  it("is not changed by a message that could not be stored: it is missed [S-36]", async () => {
    const store = createMapStore();
    let broken = false;
    const save = (known: TrackedAgent) => {
      if (broken) throw new Error("the disk is full");
      return store.save(known);
    };
    const { agent, tracker } = createTrackedFleet({ store: { ...store, save } });
    const one = agent();
    await one.say(first);
    broken = true;
    await expect(one.say({ health: { healthy: true } })).rejects.toThrow("the disk is full");
    broken = false;
    expect(tracker.agent(one.uid)?.parts.health).toBeUndefined();
    expect(await one.say()).toMatchObject({ flags: 1n });
  });

  it("moves to the uid that the agent was told to take [S-25]", async () => {
    const store = createMapStore();
    const { agent, tracker } = createTrackedFleet({ store });
    const one = agent();
    const temporary = one.uid;
    const { agentIdentification } = await one.say({ ...first, flags: 1n });
    one.rename(agentIdentification?.newInstanceUid);
    expect(await one.say()).toEqual({});
    expect(tracker.agents()).toMatchObject([{ uid: one.uid, parts: first }]);
    expect(tracker.agent(temporary)).toBeUndefined();
    expect([...store.agents.keys()]).toEqual([one.uid]);
  });

  it("is bounded: of too many agents the one that is gone longest goes", async () => {
    const { agent, tracker, eventsOf } = createTrackedFleet({ maxAgents: 2 });
    const [a, b, c] = [agent(), agent(), agent()];
    await a.say({ ...first, agentDisconnect: {} });
    await b.say(first);
    await c.say(first);
    expect(tracker.agents().map(({ uid }) => uid)).toEqual([b.uid, c.uid]);
    expect(eventsOf("agent-forgotten")).toMatchObject([{ uid: a.uid }]);
    expect(await a.say(first)).toMatchObject({ errorResponse: { type: 2 } });
  });

  it("of one agent is in the order of its messages, however slow the store is", async () => {
    const gates: (() => void)[] = [];
    const save = () => new Promise<void>((resolve) => gates.push(resolve));
    const { agent, tracker, clock } = createTrackedFleet({
      store: { load: () => undefined, save, delete: () => {} },
    });
    const one = agent({ connection: fakeConnection("http") });
    const answers = [first, { health: { healthy: true } }, { health: { healthy: false } }].map(
      (message) => one.say(message),
    );
    for (let i = 0; i < 3; i += 1) {
      await clock.settle();
      expect(gates).toHaveLength(i + 1);
      gates[i]?.();
    }
    expect(await Promise.all(answers)).toEqual([{}, {}, {}]);
    expect(tracker.agent(one.uid)?.parts.health?.healthy).toBe(false);
  });
});

describe("silence", () => {
  it("of missed polls makes an HTTP agent gone, until it polls again [S-136]", async () => {
    const { agent, tracker, clock, eventsOf } = createTrackedFleet();
    const one = agent({ connection: fakeConnection("http") });
    await one.say(first);
    await clock.advance(60_000);
    await one.say();
    await clock.advance(89_999);
    expect(tracker.agent(one.uid)?.presence).toBe("polling");
    await clock.advance(1);
    expect(tracker.agent(one.uid)?.presence).toBe("gone");
    expect(await one.say()).toEqual({});
    expect(eventsOf("presence-changed").map(({ after }) => after)).toEqual([
      "polling",
      "gone",
      "polling",
    ]);
  });

  it("is no reason to give up a WebSocket agent, unless its heartbeats are counted on [S-50 S-51]", async () => {
    for (const heartbeats of [false, true]) {
      const { agent, tracker, clock } = createTrackedFleet({ silence: { heartbeats } });
      const [beating, quiet] = [agent(), agent()];
      await beating.say(first);
      await quiet.say({ ...first, capabilities: 1n });
      await clock.advance(3_600_000);
      expect(tracker.agent(quiet.uid)?.presence).toBe("connected");
      expect(tracker.agent(beating.uid)?.presence).toBe(heartbeats ? "silent" : "connected");
      await beating.say();
      expect(tracker.agent(beating.uid)?.presence).toBe("connected");
      await tracker.close();
      expect(clock.pendingTimers).toBe(0);
    }
  });
});

describe("any message of an agent", () => {
  it.each(["websocket", "http"] as const)(
    "counts as a heartbeat, over %s [W-28]",
    async (transport) => {
      const { agent, tracker, clock } = createTrackedFleet({ silence: { heartbeats: true } });
      const one = agent({ connection: fakeConnection(transport) });
      await one.say(first);
      const messages: AgentToServerInit[] = [
        { health: { healthy: true } },
        { customMessage: { capability: "io.example", type: "x" } },
        { flags: 1n },
      ];
      for (const message of messages) {
        await clock.advance(80_000);
        await one.say(message);
      }
      await clock.advance(80_000);
      const awake = transport === "http" ? "polling" : "connected";
      expect(tracker.agent(one.uid)?.presence).toBe(awake);
      await clock.advance(80_000);
      const asleep = transport === "http" ? "gone" : "silent";
      expect(tracker.agent(one.uid)?.presence).toBe(asleep);
    },
  );
});

describe("a change of what is desired", () => {
  function setUp(): TrackedFleet & { readonly desire: (desired: Desired) => void } {
    let desired: Desired = {};
    const fleet = createTrackedFleet({ desired: () => desired });
    return {
      ...fleet,
      desire(wanted) {
        desired = wanted;
      },
    };
  }

  it("is pushed to an agent on a WebSocket, once [S-60 S-81 S-153]", async () => {
    const { agent, tracker, desire } = setUp();
    const one = agent();
    await one.say(first);
    expect(await tracker.refresh(one.uid)).toBe("unchanged");
    desire({ remoteConfig: config("1") });
    expect(await tracker.refresh(one.uid)).toBe("sent");
    expect(one.connection.pushed).toMatchObject([{ remoteConfig: config("1") }]);
    expect(await tracker.refresh(one.uid)).toBe("unchanged");
    expect(await one.say()).toEqual({});
    await one.say(applied(config("1").configHash));
    expect(await tracker.refresh(one.uid)).toBe("unchanged");
    expect(one.connection.pushed).toHaveLength(1);
  });

  it("of packages is pushed as well [S-108]", async () => {
    const { agent, tracker, desire } = setUp();
    const one = agent();
    await one.say(first);
    const packagesAvailable = createPackagesOffer({});
    desire({ packagesAvailable });
    expect(await tracker.refresh(one.uid)).toBe("sent");
    expect(one.connection.pushed).toMatchObject([{ packagesAvailable }]);
  });

  it("leaves what the agent reports of its effective config alone [S-58 L-32]", async () => {
    const { agent, tracker, desire } = setUp();
    desire({ remoteConfig: config("1") });
    const one = agent();
    await one.say({ ...first, ...applied(config("1").configHash) });
    const { effectiveConfig } = first;
    expect(tracker.agent(one.uid)?.parts.effectiveConfig).toMatchObject(effectiveConfig ?? {});
    expect(await one.say({ effectiveConfig: {} })).toEqual({});
    expect(tracker.agent(one.uid)?.parts.effectiveConfig?.configMap).toBeUndefined();
  });

  it("waits for the next message of an agent that is not there, in its last version only [S-67 S-129]", async () => {
    const { agent, tracker, desire } = setUp();
    const one = agent({ connection: fakeConnection("http") });
    await one.say(first);
    for (const text of ["1", "2", "3", "4", "5"]) {
      desire({ remoteConfig: config(text) });
      expect(await tracker.refresh(one.uid)).toBe("waiting");
    }
    expect(await one.say()).toMatchObject({ remoteConfig: config("5") });
    expect(await one.say()).toEqual({});
  });

  it("while the agent is being told of another leads to one more message, of the last [S-129]", async () => {
    const { agent, tracker, desire, clock } = setUp();
    const one = agent();
    await one.say(first);
    const written = Promise.withResolvers<void>();
    one.connection.sending = () => written.promise;
    desire({ remoteConfig: config("1") });
    const outcomes = [tracker.refresh(one.uid)];
    await clock.settle();
    for (const text of ["2", "3", "4"]) {
      desire({ remoteConfig: config(text) });
      outcomes.push(tracker.refresh(one.uid));
    }
    written.resolve();
    expect(await Promise.all(outcomes)).toEqual(["sent", "sent", "sent", "sent"]);
    expect(one.connection.pushed.map(({ remoteConfig }) => remoteConfig)).toEqual([
      config("1"),
      config("4"),
    ]);
  });

  it("that could not be sent is in the next answer", async () => {
    const { agent, tracker, desire } = setUp();
    const one = agent();
    await one.say(first);
    one.connection.sending = () => Promise.reject(new OpAMPError("queue-full", "slow"));
    desire({ remoteConfig: config("1") });
    expect(await tracker.refresh(one.uid)).toBe("waiting");
    expect(await one.say()).toMatchObject({ remoteConfig: config("1") });
  });

  it("that was in an answer which got lost is in the next one", async () => {
    const { agent, tracker, desire, clock } = setUp();
    desire({ remoteConfig: config("1") });
    const one = agent({ connection: fakeConnection("http") });
    const answer = await one.say(first);
    const lost = new OpAMPError("connection-lost", "gone");
    tracker.callbacks.onMessageResponseError(one.connection, answer, lost);
    await clock.settle();
    expect(await one.say()).toMatchObject({ remoteConfig: config("1") });
  });

  it("is not needed to offer what failed once more, when that is asked for [L-13]", async () => {
    const { agent, tracker, desire } = setUp();
    desire({ remoteConfig: config("1") });
    const one = agent({ connection: fakeConnection("http") });
    await one.say(first);
    const { configHash } = config("1");
    await one.say({ remoteConfigStatus: { lastRemoteConfigHash: configHash, status: 3 } });
    await one.say(applied(Uint8Array.of(1)));
    expect(await one.say()).toEqual({});
    await tracker.refresh(one.uid, { retryFailed: true });
    expect(await one.say()).toMatchObject({ remoteConfig: { configHash } });
  });

  it("reaches all agents, and is asked for anew when an agent describes itself anew", async () => {
    const asked: TrackedAgent[] = [];
    const { agent, tracker } = createTrackedFleet({
      desired: async (known) => {
        asked.push(known);
        return { remoteConfig: config(`${asked.length}`) };
      },
    });
    const agents = [agent(), agent()];
    for (const one of agents) await one.say(first);
    for (const one of agents) await one.say();
    expect(asked).toHaveLength(2);
    await tracker.refreshAll();
    expect(agents.map(({ connection }) => connection.pushed.length)).toEqual([1, 1]);
    const [one] = agents;
    expect(await one?.say({ agentDescription: {} })).toMatchObject({ remoteConfig: config("5") });
  });

  it("does not concern an agent that is not known", async () => {
    expect(await createAgentTracker().refresh("0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d")).toBe(
      "unknown-agent",
    );
  });
});

describe("a restart", () => {
  it("is pushed alone, or is the whole next answer, once [S-116 S-117]", async () => {
    const { agent, tracker } = createTrackedFleet();
    const [pushed, polling] = [agent(), agent({ connection: fakeConnection("http") })];
    await pushed.say(first);
    await polling.say(first);
    expect(await tracker.restart(pushed.uid)).toBe("sent");
    expect(pushed.connection.pushed).toMatchObject([{ command: { type: 0 } }]);
    expect(await tracker.restart(polling.uid)).toBe("waiting");
    expect(await polling.say()).toMatchObject({ command: { type: 0 } });
    expect(await polling.say()).toEqual({});
    expect(await pushed.say()).toEqual({});
  });

  it("is refused for an agent that does not accept it [S-117]", async () => {
    const { agent, tracker } = createTrackedFleet();
    const one = agent();
    await one.say({ ...first, capabilities: 1n });
    expect(await tracker.restart(one.uid)).toBe("not-supported");
    expect(one.connection.pushed).toEqual([]);
  });
});

describe("components", () => {
  const components = { otlp: {} };

  it("are asked of one agent for all that have the same [S-118 S-119]", async () => {
    const { agent, tracker } = createTrackedFleet({ wantComponents: true });
    const [a, b, c] = [agent(), agent(), agent()];
    expect(await a.say(first)).toMatchObject({ flags: 2n });
    expect(await b.say(first)).toEqual({});
    const hash = Uint8Array.of(7);
    expect(await a.say({ availableComponents: { hash, components } })).toEqual({});
    expect(await c.say(first)).toEqual({});
    expect(tracker.components(hash)).toMatchObject({ components });
  });
});

describe("what the application adds", () => {
  it("goes out with what the tracker says, and wins where both say something", async () => {
    const mine = { hash: Uint8Array.of(1), opamp: { certificate: { cert: Uint8Array.of(2) } } };
    const { agent } = createTrackedFleet({
      desired: () => ({ remoteConfig: config("1") }),
      onMessage: (_, { connectionSettingsRequest }) =>
        connectionSettingsRequest && { connectionSettings: mine },
    });
    const one = agent();
    const answer = await one.say({ ...first, connectionSettingsRequest: {} });
    expect(answer).toMatchObject({ remoteConfig: config("1"), connectionSettings: mine });
    expect(await one.say()).toEqual({});
  });

  it("keeps back the offers when it is an error; they are made again", async () => {
    let fails = true;
    const { agent } = createTrackedFleet({
      desired: () => ({ remoteConfig: config("1") }),
      onMessage: () => {
        if (fails) throw new Error("no");
      },
    });
    const one = agent();
    await expect(one.say(first)).rejects.toThrow("no");
    fails = false;
    expect(await one.say()).toMatchObject({ remoteConfig: config("1") });
  });
});

it("announces what it does: offers only when something is desired [S-70 S-106]", () => {
  const names = ["OffersRemoteConfig", "OffersPackages", "OffersConnectionSettings"];
  expect(createAgentTracker().capabilities).not.toEqual(expect.arrayContaining(names));
  const { capabilities } = createAgentTracker({ desired: () => ({}) });
  expect(capabilities).toEqual(expect.arrayContaining([...names, "AcceptsPackagesStatus"]));
});

it("refuses a setting that there is none of, or that makes no sense", () => {
  const misspelt = { maxAgents: 1, desirred: () => ({}) };
  expect(() => createAgentTracker(misspelt)).toThrow(OpAMPError);
  expect(() => createAgentTracker({ silence: { missed: 0 } })).toThrow(/silence\.missed/);
});
