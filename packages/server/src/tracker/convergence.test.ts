import { deserialize, serialize } from "node:v8";
import {
  decodeAgentToServer,
  equalStatusParts,
  type StatusPart,
  type StatusPartValue,
  statusParts,
} from "@opamp/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asksForFullState } from "../../tests/_util/life.ts";
import { ModelAgent } from "../../tests/_util/model-agent.ts";
import { createConnectionSettingsOffer } from "./connection-settings-offer.ts";
import { createPackagesOffer } from "./packages-offer.ts";
import { createRemoteConfigOffer } from "./remote-config-offer.ts";
import { track } from "./track.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

const desired = {
  remoteConfig: createRemoteConfigOffer({ f: "x" }),
  packagesAvailable: createPackagesOffer({}),
  connectionSettings: createConnectionSettingsOffer({
    opamp: { destinationEndpoint: "wss://host/v1/opamp" },
  }),
};

/** What may befall the messages of an agent. */
type Step =
  | { readonly do: "change"; readonly part: StatusPart; readonly n: number }
  | { readonly do: "deliver"; readonly answered: boolean }
  | { readonly do: "lose" }
  | { readonly do: "delay" }
  | { readonly do: "deliver-late"; readonly which: number }
  | { readonly do: "replay"; readonly which: number }
  | { readonly do: "restart-agent"; readonly n: number }
  | { readonly do: "restart-server"; readonly keeps: boolean }
  | { readonly do: "reconnect" }
  | { readonly do: "wait"; readonly ms: number };

/** What an agent consists of does not change while it runs. */
const part = fc.constantFrom(...statusParts.filter((name) => name !== "availableComponents"));
const n = fc.nat(5);
const which = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("change" as const), part, n }),
  fc.record({ do: fc.constant("change" as const), part, n }),
  fc.record({ do: fc.constant("deliver" as const), answered: fc.boolean() }),
  fc.record({ do: fc.constant("deliver" as const), answered: fc.boolean() }),
  fc.record({ do: fc.constantFrom("lose" as const, "delay" as const, "reconnect" as const) }),
  fc.record({ do: fc.constant("deliver-late" as const), which }),
  fc.record({ do: fc.constant("replay" as const), which }),
  fc.record({ do: fc.constant("restart-agent" as const), n }),
  fc.record({ do: fc.constant("restart-server" as const), keeps: fc.boolean() }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.nat(100_000) }),
);

/** An agent, a server, and the network between them. */
class World {
  readonly agent: ModelAgent;
  known: TrackedAgent | undefined;
  questions = 0;
  offers = 0;
  readonly #sent: Uint8Array[] = [];
  readonly #delayed: Uint8Array[] = [];
  #nowMs = 1;
  #link = 1;

  constructor(hasCustom: boolean) {
    this.agent = new ModelAgent(hasCustom);
  }

  run(step: Step): void {
    switch (step.do) {
      case "change":
        return this.agent.set(step.part, step.n);
      case "deliver":
        return this.deliver(this.#next(), step.answered);
      case "lose":
        return void this.#next();
      case "delay":
        return void this.#delayed.push(this.#next());
      case "deliver-late":
        return this.#deliverOne(this.#delayed.splice(step.which % (this.#delayed.length + 1), 1));
      case "replay":
        return this.#deliverOne(this.#sent.slice(step.which % (this.#sent.length + 1)));
      case "restart-agent":
        return this.#restartAgent(step.n);
      case "restart-server":
        this.known = step.keeps ? deserialize(serialize(this.known)) : undefined;
        return;
      case "reconnect":
        this.#link += 1;
        return;
      case "wait":
        this.#nowMs += step.ms;
        return;
      default:
        step satisfies never;
    }
  }

  /** The noise is over: the agent polls until all is quiet for longer than any question waits. */
  settle(): void {
    for (let quiet = 0, polls = 0; quiet < 12 && polls < 100; polls += 1) {
      this.#nowMs += 30_000;
      const before = this.questions;
      this.deliver(this.#next(), true);
      quiet = this.questions === before ? quiet + 1 : 0;
    }
  }

  deliver(bytes: Uint8Array, answered: boolean): void {
    const context = {
      nowMs: this.#nowMs,
      transport: "http",
      link: `${this.#link}`,
      desired,
    } as const;
    const { known, answer } = track(this.known, decodeAgentToServer(bytes), context);
    this.known = known;
    const { remoteConfig, packagesAvailable, connectionSettings } = answer;
    if (remoteConfig ?? packagesAvailable ?? connectionSettings) this.offers += 1;
    if (!asksForFullState(answer)) return;
    this.questions += 1;
    if (answered) this.agent.askFullState();
  }

  /**
   * Numbers begin anew with each life: no server can tell a message of an earlier one, nor that the
   * first was lost when the second has the very number that it waits for.
   */
  #restartAgent(n: number): void {
    this.agent.restart(n);
    this.#sent.length = 0;
    this.#delayed.length = 0;
    this.deliver(this.#next(), true);
  }

  #next(): Uint8Array {
    const bytes = this.agent.nextMessage();
    this.#sent.push(bytes);
    return bytes;
  }

  #deliverOne([bytes]: readonly Uint8Array[]): void {
    if (bytes !== undefined) this.deliver(bytes, true);
  }
}

function expectTrue(world: World): void {
  for (const part of statusParts) {
    const actual = world.agent.parts[part] as StatusPartValue<StatusPart> | undefined;
    expect(equalStatusParts(part, world.known?.parts[part], actual), part).toBe(true);
  }
}

const noise = fc.array(step, { maxLength: 60, size: "max" });
const runs = { numRuns: 1000 };

describe("after any losses, delays, repetitions and restarts, of agent and server", () => {
  it("an agent is known as it is, after one question for its full state at most [S-25 S-27 S-31 S-33 S-39 S-40 S-42 S-160]", () => {
    const property = fc.property(fc.boolean(), noise, (hasCustom, steps) => {
      const world = new World(hasCustom);
      for (const one of steps) world.run(one);
      world.questions = 0;
      world.settle();
      expectTrue(world);
      expect(world.questions).toBeLessThanOrEqual(1);
    });
    fc.assert(property, runs);
  }, 60_000);

  it("a lossless stretch leads to no question and no full report [S-31 S-41]", () => {
    const change = fc.record({ do: fc.constant("change" as const), part, n });
    const deliver = fc.constant({ do: "deliver", answered: true } as const);
    const calm = fc.array(fc.oneof(change, deliver), { maxLength: 60 });
    const property = fc.property(calm, (steps) => {
      const world = new World(true);
      world.deliver(world.agent.nextMessage(), true);
      for (const one of steps) world.run(one);
      world.settle();
      expectTrue(world);
      expect(world.questions).toBe(0);
    });
    fc.assert(property, { numRuns: 300 });
  }, 60_000);
});
