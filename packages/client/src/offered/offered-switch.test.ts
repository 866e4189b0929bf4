import type { OpAMPConnectionSettings } from "@opamp/protocol";
import { createFakeClock } from "@opamp/test-kit";
import { expect, it } from "vitest";
import { CallbackGuard } from "../callback-guard.ts";
import type { WholeConnectionSettings } from "../connection-settings.ts";
import { Lifetime } from "../lifetime.ts";
import { type ConnectionControl, OfferedSwitch, type OfferResult } from "./offered-switch.ts";
import { offersFromInit } from "./offers-from-init.ts";

const present: WholeConnectionSettings = {
  serverUrl: "ws://old.example.com",
  headers: {},
  tls: {},
  proxy: null,
  compression: false,
  heartbeatIntervalMs: 30_000,
};

const logger = { debug() {}, info() {}, warn() {}, error() {} };

function offerTo(destinationEndpoint: string): OpAMPConnectionSettings {
  const opamp = offersFromInit({ opamp: { destinationEndpoint } })?.opamp;
  if (opamp === undefined) throw new Error("no offer");
  return opamp;
}

it("lets go of an offer that waits, once a newer one has come [L-14]", async () => {
  const stored = Promise.withResolvers<void>();
  const switched: string[] = [];
  const control: ConnectionControl = {
    present,
    async to({ serverUrl }) {
      switched.push(String(serverUrl));
      return { kind: "switched" };
    },
    async allSaid() {},
  };
  const ownSwitch = new OfferedSwitch({
    guard: new CallbackGuard(
      { saveConnectionSettings: () => stored.promise },
      logger,
      new Lifetime(),
    ),
    clock: createFakeClock(),
    policy: {},
    connection: () => control,
    callbackMs: 1000,
  });
  let newest = "";
  const take = (name: string): Promise<OfferResult> => {
    newest = name;
    return ownSwitch.take({
      hash: new TextEncoder().encode(name),
      offer: offerTo(`ws://${name}.example.com`),
      others: undefined,
      isNewest: () => newest === name,
      onStored() {},
    });
  };
  const first = take("first");
  // It is at the disk, which takes its time.
  await Promise.resolve();
  const second = take("second");
  const third = take("third");
  expect(await second).toEqual({ kind: "open" });
  stored.resolve();
  expect(await first).toMatchObject({ kind: "failed", error: { code: "aborted" } });
  expect(await third).toEqual({ kind: "applied" });
  expect(switched).toEqual(["ws://third.example.com"]);
});
