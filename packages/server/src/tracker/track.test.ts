import { inspect } from "node:util";
import { deserialize, serialize } from "node:v8";
import { AgentToServerFlags, bytesFromInstanceUid, instanceUidFromBytes } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { asksForFullState, createLife, description, type Life } from "../../tests/_util/life.ts";

const reporting = ["ReportsStatus", "ReportsHealth", "ReportsEffectiveConfig"] as const;
const configMap = { "a.yaml": { body: Uint8Array.of(1), contentType: "text/yaml" } };
const full = {
  agentDescription: description,
  health: { healthy: true },
  effectiveConfig: { configMap: { configMap } },
};

function begin(): Life {
  const life = createLife({ capabilities: reporting });
  life.say(full);
  return life;
}

describe("sequence numbers", () => {
  it.each([
    ["a gap", 7n],
    ["the same number with another content", 5n],
    ["a smaller number", 4n],
  ])("after 5, %s makes the server ask for the full state [S-26 S-27 S-28]", (_, sequenceNum) => {
    const life = begin();
    for (let i = 0; i < 5; i += 1) life.say();
    expect(life.known?.sequenceNum).toBe(5n);
    const answer = life.say({ sequenceNum, health: { healthy: false } });
    expect(asksForFullState(answer)).toBe(true);
  });

  it("that follow one another need no question", () => {
    const life = begin();
    for (let i = 0; i < 50; i += 1) expect(life.say()).toEqual({});
  });

  it("may start anywhere, and wrap [A-18]", () => {
    const life = createLife({ capabilities: ["ReportsStatus"] });
    expect(life.say({ sequenceNum: 2n ** 64n - 1n, agentDescription: description })).toEqual({});
    expect(life.say({ sequenceNum: 0n })).toEqual({});
  });

  it("of a message that comes twice, byte by byte, are no sign of a loss [S-32 A-05]", () => {
    const life = begin();
    life.say({ health: { healthy: false } });
    expect(life.repeat()).toEqual({});
    expect(life.eventTypes).toEqual(["message-repeated"]);
    expect(life.say()).toEqual({});
  });

  it("are tracked from the full report on, and the question is not put again [S-31]", () => {
    const life = begin();
    expect(asksForFullState(life.say({ sequenceNum: 9n }))).toBe(true);
    expect(asksForFullState(life.say())).toBe(false);
    expect(asksForFullState(life.say(full))).toBe(false);
    expect(life.known?.sequenceNum).toBe(11n);
    for (let i = 0; i < 20; i += 1) expect(life.say()).toEqual({});
  });

  it("carry on over a connection that was lost: nothing is asked [S-33 S-139]", () => {
    const life = begin();
    life.say({ health: { healthy: false } });
    expect(life.say({}, { link: "2" })).toEqual({});
    expect(life.known?.parts).toMatchObject({
      agentDescription: description,
      health: { healthy: false },
    });
  });
});

describe("the full state", () => {
  it("is asked of an agent in mid-life that is not known [S-29 S-42 S-160]", () => {
    const life = begin();
    life.say();
    life.forget();
    expect(asksForFullState(life.say({ health: { healthy: false } }))).toBe(true);
    life.say(full);
    expect(life.known?.parts).toMatchObject({ ...full, health: { healthy: true } });
    expect(life.say()).toEqual({});
  });

  it("is not asked of an agent whose first message has it [S-30 S-41 A-17]", () => {
    const life = createLife({ capabilities: reporting });
    expect(life.say(full)).toEqual({});
  });

  it.each([0n, 1n])(
    "is not asked of an agent that begins with %s and has had no offer [S-30 A-16 A-18]",
    (sequenceNum) => {
      const capabilities = [...reporting, "ReportsRemoteConfig", "ReportsPackageStatuses"] as const;
      expect(createLife({ capabilities }).say({ ...full, sequenceNum })).toEqual({});
    },
  );

  it("is not asked in mid-life when all that the capabilities announce is there [S-30 A-17]", () => {
    const life = createLife({ capabilities: reporting });
    expect(life.say({ ...full, sequenceNum: 42n })).toEqual({});
  });

  it("is asked when a part is missing that the capabilities promise [S-29 A-17]", () => {
    const { health: _, ...rest } = full;
    expect(asksForFullState(createLife({ capabilities: reporting }).say(rest))).toBe(true);
  });

  it("does not wait for parts that come after an offer only [S-49 A-16]", () => {
    const capabilities = [
      "ReportsStatus",
      "ReportsRemoteConfig",
      "ReportsPackageStatuses",
    ] as const;
    expect(createLife({ capabilities }).say({ agentDescription: description })).toEqual({});
  });

  it("is asked again after a while, ever less often, of an agent that does not report it [S-31]", () => {
    const life = createLife({ capabilities: reporting });
    let asked = 0;
    for (let i = 0; i < 24 * 120; i += 1) {
      if (asksForFullState(life.say())) asked += 1;
      life.wait(30_000);
    }
    expect(asked).toBeGreaterThan(20);
    expect(asked).toBeLessThan(40);
  });

  it("is asked again on another connection, and in the answer to the message that came twice [S-32]", () => {
    const life = createLife({ capabilities: reporting });
    expect(asksForFullState(life.say())).toBe(true);
    expect(asksForFullState(life.repeat())).toBe(true);
    expect(asksForFullState(life.say())).toBe(false);
    expect(asksForFullState(life.say({}, { link: "2" }))).toBe(true);
  });

  it("is asked again when what the agent reported lacked a part [S-31 L-10]", () => {
    const life = createLife({ capabilities: reporting });
    expect(asksForFullState(life.say())).toBe(true);
    expect(life.say({ agentDescription: description, health: { healthy: true } })).toEqual({});
    expect(life.say({ effectiveConfig: full.effectiveConfig })).toEqual({});
    expect(life.known?.parts).toMatchObject(full);
    life.wait(30_000);
    expect(asksForFullState(life.say())).toBe(true);
    expect(life.say(full)).toEqual({});
    life.wait(86_400_000);
    expect(life.say()).toEqual({});
  });

  it("replaces what was known, also by nothing", () => {
    const life = createLife({ capabilities: ["ReportsStatus"] });
    life.say({ agentDescription: description, customCapabilities: { capabilities: ["a"] } });
    life.say({ sequenceNum: 9n });
    life.say({ agentDescription: description });
    expect(life.known?.parts.customCapabilities).toBeUndefined();
    expect(life.eventTypes).toEqual(["custom-capabilities-changed"]);
  });
});

describe("a status part", () => {
  it("that is left out is unchanged [S-39]", () => {
    const life = begin();
    life.say({ agentDescription: { identifyingAttributes: [] } });
    expect(life.known?.parts.health).toMatchObject({ healthy: true });
  });

  it("replaces the one before wholly [S-40 S-57]", () => {
    const life = begin();
    const child = { healthy: true };
    life.say({ health: { healthy: true, componentHealthMap: { a: child, b: child } } });
    life.say({ health: { healthy: true, componentHealthMap: { b: child } } });
    expect(Object.keys(life.known?.parts.health?.componentHealthMap ?? {})).toEqual(["b"]);
    life.say({ agentDescription: { nonIdentifyingAttributes: [] } });
    expect(life.known?.parts.agentDescription?.identifyingAttributes).toEqual([]);
  });

  it("has an event with before and after when it changed, and none when it says the same", () => {
    const life = begin();
    life.say({ ...full, health: { healthy: false } });
    expect(life.last.events).toMatchObject([
      { type: "health-changed", before: { healthy: true }, after: { healthy: false } },
    ]);
  });

  it("has an event that is plain data to whoever clones, spreads or prints it", () => {
    const life = begin();
    life.say({ health: { healthy: false } });
    const [event] = life.last.events;
    const plain = { ...event };
    expect(plain).toMatchObject({ before: { healthy: true }, after: { healthy: false } });
    expect(structuredClone(event)).toEqual(plain);
    expect(inspect(event)).toBe(inspect(plain));
  });

  it("stays when its capability is dropped [A-28]", () => {
    const life = begin();
    life.say({ capabilities: 1n });
    expect(life.eventTypes).toEqual(["capabilities-changed"]);
    expect(life.known?.parts).toMatchObject(full);
  });
});

describe("what is known", () => {
  it("is not changed, but made anew", () => {
    const life = begin();
    const before = life.known;
    const copy = structuredClone(before);
    life.say({ health: { healthy: false } });
    expect(before).toEqual(copy);
  });

  it("is plain data to whoever clones, spreads or prints it", () => {
    const { parts } = begin().known ?? {};
    const plain = { ...parts };
    expect(Object.keys(plain)).toEqual(Object.keys(full));
    expect(plain.health).toMatchObject({ healthy: true });
    expect(structuredClone(parts)).toEqual(plain);
    expect(inspect(parts)).toBe(inspect(plain));
  });

  it("does not change with what was got of it", () => {
    const life = begin();
    const bodyOf = (): Uint8Array | undefined =>
      life.known?.parts.effectiveConfig?.configMap?.configMap["a.yaml"]?.body;
    bodyOf()?.fill(9);
    expect(bodyOf()).toEqual(Uint8Array.of(1));
  });

  it("says the same when its maps come in another order", () => {
    const [a, b] = [{ healthy: true }, { lastError: "out of disk" }];
    const life = begin();
    life.say({ health: { componentHealthMap: { a, b } } });
    life.say({ health: { componentHealthMap: { b, a } } });
    expect(life.eventTypes).toEqual([]);
    life.say({ health: { componentHealthMap: { b: a, a: b } } });
    expect(life.eventTypes).toEqual(["health-changed"]);
  });

  it("can be serialised: the agent goes on as if nothing had happened [S-33 S-42]", () => {
    const life = begin();
    life.restore(deserialize(serialize(life.known)));
    expect(life.say({ health: { healthy: true } })).toEqual({});
    expect(life.eventTypes).toEqual([]);
    expect(life.say({ ...full, sequenceNum: 0n })).toEqual({});
  });

  it("is of a heartbeat no more than when and under which number it came", () => {
    const life = begin();
    const { parts, offers } = life.known ?? {};
    life.wait(30_000);
    life.say();
    expect(life.last.events).toEqual([]);
    expect(life.known?.parts).toBe(parts);
    expect(life.known?.offers).toBe(offers);
  });

  it("is kept when the agent says goodbye, who gets an answer without offers [S-139 A-19]", () => {
    const life = begin();
    expect(life.say({ agentDisconnect: {} })).toEqual({});
    expect(life.eventTypes).toEqual(["presence-changed"]);
    expect(life.known).toMatchObject({ presence: "gone", parts: full });
    expect(life.say()).toEqual({});
  });
});

describe("an instance uid", () => {
  const asking = { flags: AgentToServerFlags.RequestInstanceUid };

  it("is made on request, a UUID v7, and stays the same when asked again [S-21 S-22 S-23]", () => {
    const life = createLife();
    const [first, second] = [life.say({ ...full, ...asking }), life.say(asking)].map(
      ({ agentIdentification }) => agentIdentification?.newInstanceUid ?? new Uint8Array(),
    );
    expect(first).toHaveLength(16);
    expect(second).toEqual(first);
    const newUid = instanceUidFromBytes(first ?? new Uint8Array());
    expect(newUid).not.toBe(life.uid);
    expect(newUid[14]).toBe("7");
  });

  it("that was assigned takes over all that is known, and the sequence goes on [S-25 A-18]", () => {
    const life = createLife();
    const { agentIdentification } = life.say({ ...full, ...asking });
    const instanceUid = agentIdentification?.newInstanceUid ?? new Uint8Array();
    expect(life.say({ instanceUid })).toEqual({});
    const uid = instanceUidFromBytes(instanceUid);
    expect(life.last.events).toMatchObject([{ type: "uid-changed", before: life.uid, after: uid }]);
    expect(life.known).toMatchObject({ uid, successor: undefined, parts: full });
  });

  it("that two agents use shows by their sequences taking turns, and one gets another [S-146]", () => {
    const life = createLife();
    const [a, b] = [100n, 7n].map((start) => ({ next: start }));
    const turn = (agent = { next: 0n }) => {
      agent.next += 1n;
      return life.say({ sequenceNum: agent.next, agentDescription: description });
    };
    const answers = Array.from({ length: 8 }, (_, i) => turn(i % 2 === 0 ? a : b));
    const assigned = answers.filter(({ agentIdentification }) => agentIdentification !== undefined);
    expect(assigned).toHaveLength(1);
    const uid = instanceUidFromBytes(
      assigned[0]?.agentIdentification?.newInstanceUid ?? bytesFromInstanceUid(life.uid),
    );
    expect(uid).not.toBe(life.uid);
    expect(life.known).toMatchObject({ uid: life.uid, successor: undefined });
  });

  it("that two agents use is refused, when that is the policy [S-144]", () => {
    const life = createLife({ duplicates: "refuse" });
    const answers = Array.from({ length: 8 }, (_, i) =>
      life.say({
        sequenceNum: BigInt((i % 2) * 100 + Math.floor(i / 2)),
        agentDescription: description,
      }),
    );
    expect(answers.filter(({ errorResponse }) => errorResponse !== undefined)).toMatchObject([
      { errorResponse: { type: 1 } },
    ]);
  });

  it("is not suspected for one message that comes late, or twice", () => {
    for (const order of [
      [1n, 3n, 2n, 4n, 5n, 6n],
      [1n, 2n, 3n, 1n, 4n, 5n],
    ]) {
      const life = createLife();
      for (const sequenceNum of order) {
        life.say({ sequenceNum, agentDescription: description });
        expect(life.eventTypes).not.toContain("duplicate-uid");
      }
    }
  });
});

describe("available components", () => {
  const capabilities = ["ReportsStatus", "ReportsAvailableComponents"] as const;
  const hash = Uint8Array.of(1, 2);
  const components = { otlp: {} };
  const first = { agentDescription: description, availableComponents: { hash } };

  it("are asked for once when the hash is not known, and told when they come [S-118 A-06]", () => {
    const life = createLife({ capabilities, wantsComponents: () => true });
    expect(life.say(first)).toEqual({ flags: 2n });
    expect(life.say()).toEqual({});
    expect(life.say({ availableComponents: { hash, components } })).toEqual({});
    expect(life.last.events).toMatchObject([
      { type: "components-reported", components: { hash, components } },
    ]);
    expect(life.known?.parts.availableComponents).toMatchObject({ hash, components: {} });
  });

  it("are not asked for when they are known or not wanted, nor without the capability [S-118 S-149]", () => {
    expect(createLife({ capabilities }).say(first)).toEqual({});
    const life = createLife({ wantsComponents: () => true });
    expect(life.say(first)).toEqual({});
  });
});
