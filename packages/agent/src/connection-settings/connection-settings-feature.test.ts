import type { OpAMPClient } from "@opamp/client";
import type {
  ConnectionSettingsOffers,
  ConnectionSettingsStatus,
  ConnectionSettingsStatusInit,
} from "@opamp/protocol";
import { silentLogger } from "@opamp/protocol";
import { createFakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../tests/_util/state-directory.ts";
import { Activities } from "../activities.ts";
import type { Feature, FeatureContext } from "../feature.ts";
import { createOutcomeLog } from "../outcome-log.ts";
import { OwnConnection } from "../own-connection.ts";
import { nodeFileSystem } from "../state/file-system.ts";
import { StateFiles } from "../state/state-files.ts";
import { createConnectionSettingsFeature } from "./connection-settings-feature.ts";
import { givenConnection } from "./given-connection.ts";
import { offersFromText, textFromOffers } from "./offers-content.ts";

const settings = {
  serverUrl: "wss://fleet.example.com",
  stateDirectory: "unused",
  description: { serviceName: "edge" },
};

function offersOf(destinationEndpoint: string, hash: number): ConnectionSettingsOffers {
  const offers = { hash: Uint8Array.of(hash), ownMetrics: { destinationEndpoint } };
  const message = offersFromText(textFromOffers(offers));
  if (message === undefined) throw new Error("no offers");
  return message;
}

/** The feature of an agent whose only other one takes own telemetry, and what that one took. */
function create(directory: string, until: Promise<void> = Promise.resolve()) {
  const taken: (string | undefined)[] = [];
  const statuses: ConnectionSettingsStatusInit[] = [];
  const clock = createFakeClock();
  const setConnectionSettingsStatus = (status: ConnectionSettingsStatusInit): void =>
    void statuses.push(status);
  const context: Partial<FeatureContext> = {
    files: new StateFiles({ directory, fs: nodeFileSystem, clock, onDamage: () => {} }),
    clock,
    activities: new Activities(),
    outcomes: createOutcomeLog(silentLogger),
    ownConnection: new OwnConnection(givenConnection(settings)),
    stopMs: 1000,
    report: () => {},
    client: () => ({ setConnectionSettingsStatus }) as unknown as OpAMPClient,
  };
  const taker: Feature = {
    async takeConnectionSettings({ ownMetrics }) {
      taken.push(ownMetrics?.destinationEndpoint);
      await until;
    },
  };
  const feature = createConnectionSettingsFeature(settings, context as FeatureContext, [taker]);
  return { feature, taken, statuses, clock };
}

const { signal } = new AbortController();

/** As the client says that an offer is being taken, before it hands it over. */
async function offer(feature: Feature, offers: ConnectionSettingsOffers): Promise<void> {
  const applying = { lastConnectionSettingsHash: offers.hash, status: 2, errorMessage: "" };
  await feature.callbacks?.saveConnectionSettingsStatus?.(applying as ConnectionSettingsStatus, {
    signal,
  });
  await feature.callbacks?.onConnectionSettings?.(offers, { signal });
}

describe("createConnectionSettingsFeature, for a feature that takes settings alone", () => {
  it("declares no more than the status", () => {
    const { feature } = create(temporaryDirectory());
    expect(feature.capabilities).toEqual(["ReportsConnectionSettingsStatus"]);
  });

  it("reports APPLIED, and hands over in the next run what was accepted [C-109 C-110 C-126]", async () => {
    const directory = temporaryDirectory();
    const first = create(directory);
    await offer(first.feature, offersOf("https://otlp.example.com/one", 1));
    expect(first.taken).toEqual(["https://otlp.example.com/one"]);
    expect(first.statuses).toMatchObject([
      { lastConnectionSettingsHash: Uint8Array.of(1), status: 1 },
    ]);
    const second = create(directory);
    expect(second.feature.startSettings).toMatchObject({
      acceptedConnectionSettings: { ownMetrics: {} },
      connectionSettingsStatus: { status: 1 },
    });
    second.feature.start?.();
    await expect.poll(() => second.taken).toEqual(["https://otlp.example.com/one"]);
  });

  it("remembers an offer without a hash, of which there is nothing to report", async () => {
    const directory = temporaryDirectory();
    const first = create(directory);
    const offers = { ...offersOf("https://otlp.example.com/one", 1), hash: new Uint8Array() };
    await offer(first.feature, offers);
    expect(first.statuses).toEqual([]);
    expect(create(directory).feature.startSettings).toMatchObject({
      acceptedConnectionSettings: { ownMetrics: {} },
    });
  });

  it("writes nothing any more after the stop, and leaves the offer to the next run [L-07 L-14]", async () => {
    const directory = temporaryDirectory();
    const gate = Promise.withResolvers<void>();
    const first = create(directory, gate.promise);
    void offer(first.feature, offersOf("https://otlp.example.com/one", 1));
    await expect.poll(() => first.taken).toHaveLength(1);
    const stopped = first.feature.stop?.();
    await first.clock.advance(1000);
    await stopped;
    gate.resolve();
    await first.clock.settle();
    expect(first.statuses).toEqual([]);
    const { startSettings } = create(directory).feature;
    expect(startSettings?.acceptedConnectionSettings).toBeUndefined();
    expect(startSettings?.candidateConnectionSettings).toMatchObject({ hash: Buffer.of(1) });
  });
});
