import {
  AgentCapabilities,
  type AgentToServer,
  ConnectionSettingsStatuses,
  createInstanceUid,
  decodeAgentToServer,
  encodeAgentToServer,
  RemoteConfigStatuses,
} from "@opamp/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTrackedFleet, first } from "../../tests/_util/tracked-fleet.ts";
import { carriedBits, carriesNothing } from "./carried.ts";
import type { Desired } from "./desired.ts";
import { afterHeartbeats, isHeartbeat, isQuiet } from "./heartbeat.ts";
import type { OfferMade, OffersMade } from "./offers-made.ts";
import { track } from "./track.ts";
import type { StatusParts, TrackedAgent } from "./tracked-agent.ts";

const hash = fc.constantFrom(1, 2).map((byte) => new Uint8Array(32).fill(byte));
const link = fc.constantFrom("this process/1", "another/1");
const bits = fc.bigInt({ min: 0n, max: 0xffffn });
const offer: fc.Arbitrary<OfferMade> = fc.record({
  attempts: fc.nat({ max: 5 }),
  atMs: fc.nat(),
  atSequence: fc.bigInt({ min: 0n, max: 6n }),
  link,
  hash,
  granted: fc.oneof(bits, fc.constant(0xffffn)),
  outcome: fc.constantFrom("open", "failed", "forgotten"),
});
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

function rarely<T>(value: T): fc.Arbitrary<T | undefined> {
  return fc.integer({ min: 1, max: 8 }).map((n) => (n === 1 ? value : undefined));
}

const offers = fc.record({
  remoteConfig: optional(offer),
  packagesAvailable: optional(offer),
  connectionSettings: optional(offer),
}) as fc.Arbitrary<OffersMade>;

const desired: fc.Arbitrary<Desired> = fc.record({
  remoteConfig: optional(fc.record({ configHash: hash })),
  packagesAvailable: optional(fc.record({ allPackagesHash: hash })),
  connectionSettings: optional(fc.record({ hash, opamp: fc.constant({}) })),
});

const failedOrNot = fc.constantFrom(RemoteConfigStatuses.APPLIED, RemoteConfigStatuses.FAILED);
const parts = fc.record({
  remoteConfigStatus: optional(fc.record({ lastRemoteConfigHash: hash, status: failedOrNot })),
  packageStatuses: optional(fc.record({ serverProvidedAllPackagesHash: hash })),
  connectionSettingsStatus: optional(
    fc.record({
      lastConnectionSettingsHash: hash,
      status: fc.constant(ConnectionSettingsStatuses.APPLIED),
    }),
  ),
}) as unknown as fc.Arbitrary<StatusParts>;

const uid = createInstanceUid();
const known: fc.Arbitrary<TrackedAgent> = fc.record({
  uid: fc.constant(uid),
  successor: rarely(createInstanceUid()),
  capabilities: fc.oneof(bits, fc.constant(AgentCapabilities.ReportsStatus)),
  parts,
  sequenceNum: fc.bigInt({ min: 0n, max: 6n }),
  carried: fc.nat({ max: 3 }),
  presence: fc.constantFrom("connected", "connected", "connected", "silent"),
  transport: fc.constantFrom("websocket", "websocket", "websocket", "http"),
  link: fc.constant("this process/1"),
  firstSeenMs: fc.constant(0),
  lastSeenMs: fc.constant(1),
  recovery: rarely({ attempts: 0, atMs: 0, atSequence: 0n, link: "" }),
  offers,
  componentsRequest: fc.constant(undefined),
  interleaving: rarely({ resumesAt: 9n, turns: 1, inOrder: 0 }),
});

describe("a heartbeat of a quiet agent", () => {
  it("changes no more in the core than the short way takes over, at any time", () => {
    let quiet = 0;
    fc.assert(
      fc.property(known, desired, fc.nat(), (before, wanted, nowMs) => {
        if (!isQuiet(before, wanted)) return;
        quiet += 1;
        const message = heartbeat({
          sequenceNum: before.sequenceNum + 1n,
          capabilities: before.capabilities,
        });
        expect(isHeartbeat(message, before, Number(before.sequenceNum) + 1)).toBe(true);
        const context = {
          nowMs,
          transport: "websocket",
          link: before.link,
          desired: wanted,
        } as const;
        expect(track(before, message, context)).toEqual({
          known: afterHeartbeats(before, 1, nowMs),
          answer: {},
          events: [],
        });
      }),
      { numRuns: 5000 },
    );
    expect(quiet).toBeGreaterThan(100);
  });

  it("shows in what is known of it", async () => {
    const { agent, tracker, clock } = createTrackedFleet();
    const one = agent();
    await one.say(first);
    const before = tracker.agent(one.uid);
    await clock.advance(1000);
    for (let i = 0; i < 5; i += 1) expect(await one.say()).toEqual({});
    expect(tracker.agent(one.uid)).toEqual({
      ...before,
      carried: 0,
      sequenceNum: (before?.sequenceNum ?? 0n) + 5n,
      lastSeenMs: (before?.lastSeenMs ?? 0) + 1000,
    });
  });
});

it("carries nothing only when no bit says otherwise", () => {
  const some: Partial<AgentToServer> = decodeAgentToServer(
    encodeAgentToServer({
      agentDescription: {},
      health: {},
      effectiveConfig: {},
      remoteConfigStatus: {},
      packageStatuses: {},
      customCapabilities: {},
      availableComponents: {},
      connectionSettingsStatus: {},
      agentDisconnect: {},
      connectionSettingsRequest: {},
      customMessage: {},
    }),
  );
  const fields = Object.keys(some).filter(
    (name) => typeof some[name as keyof AgentToServer] === "object",
  );
  let seen = 0;
  for (const name of fields) {
    const message = { ...heartbeat({}), [name]: some[name as keyof AgentToServer] };
    expect(carriesNothing(message)).toBe(carriedBits(message) === 0);
    seen |= carriedBits(message);
  }
  expect(seen).toBe(2 ** 11 - 1);
  expect(carriesNothing(heartbeat({}))).toBe(true);
});

function heartbeat(
  fields: Partial<Pick<AgentToServer, "sequenceNum" | "capabilities">>,
): AgentToServer {
  return decodeAgentToServer(encodeAgentToServer(fields));
}
