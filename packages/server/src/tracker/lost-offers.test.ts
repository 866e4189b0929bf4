import { bitsFromAgentCapabilities, ConnectionSettingsStatuses } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createMapStore } from "../../tests/_util/map-store.ts";
import {
  createTrackedFleet,
  type FakeAgent,
  fakeConnection,
  first,
  type TrackedFleet,
} from "../../tests/_util/tracked-fleet.ts";
import { createConnectionSettingsOffer } from "./connection-settings-offer.ts";
import type { Desired } from "./desired.ts";
import { createPackagesOffer } from "./packages-offer.ts";
import { createRemoteConfigOffer } from "./remote-config-offer.ts";

const file = { downloadUrl: "https://host/edge", contentHash: new Uint8Array(32) };
const remoteConfig = createRemoteConfigOffer({ "a.yaml": "a: 1" });
const packagesAvailable = createPackagesOffer({ edge: { version: "1", file } });
const connectionSettings = createConnectionSettingsOffer({
  opamp: { destinationEndpoint: "wss://host/v1/opamp" },
});

const accepts = [
  "ReportsStatus",
  "ReportsHeartbeat",
  "ReportsEffectiveConfig",
  "ReportsAvailableComponents",
  "AcceptsRemoteConfig",
  "AcceptsPackages",
  "AcceptsOpAMPConnectionSettings",
] as const;
const capabilities = bitsFromAgentCapabilities([
  ...accepts,
  "ReportsRemoteConfig",
  "ReportsPackageStatuses",
  "ReportsConnectionSettingsStatus",
]);

/** Servers that follow each other, with one store. */
function createServers(desired: Desired): () => TrackedFleet {
  const store = createMapStore();
  return () => createTrackedFleet({ store, desired: () => desired });
}

describe("an offer that was lost with a server", () => {
  const kinds: readonly Desired[] = [
    { remoteConfig },
    { packagesAvailable },
    { connectionSettings },
  ];
  const cases = kinds.flatMap((desired) =>
    (["http", "websocket"] as const).map(
      (transport) => [Object.keys(desired).join(), transport, desired] as const,
    ),
  );

  it.each(cases)(
    "is made again with the first message to the next one, once: %s over %s [S-62 S-63]",
    async (kind, transport, desired) => {
      const start = createServers(desired);
      const before = start().agent({ connection: fakeConnection(transport) });
      expect(await before.say({ ...first, capabilities })).toHaveProperty(kind);
      expect(await before.say({ capabilities })).not.toHaveProperty(kind);

      const after = goOn(before, start());
      expect(await after.say({ capabilities, sequenceNum: 2n })).toHaveProperty(kind);
      expect(await after.say({ capabilities })).not.toHaveProperty(kind);
    },
  );

  it("is not made again when the agent has said that it got it", async () => {
    const start = createServers({ connectionSettings });
    const before = start().agent();
    await before.say({ ...first, capabilities });
    const lastConnectionSettingsHash = connectionSettings.hash;
    await before.say({
      capabilities,
      connectionSettingsStatus: {
        lastConnectionSettingsHash,
        status: ConnectionSettingsStatuses.APPLYING,
      },
    });
    const after = goOn(before, start());
    expect(await after.say({ capabilities, sequenceNum: 2n })).toEqual({});
  });

  it("is not made again when the agent never says what it got [S-79]", async () => {
    const start = createServers({ connectionSettings });
    const silent = bitsFromAgentCapabilities(accepts);
    const before = start().agent();
    expect(await before.say({ ...first, capabilities: silent })).toHaveProperty(
      "connectionSettings",
    );
    const after = goOn(before, start());
    expect(await after.say({ capabilities: silent, sequenceNum: 1n })).toEqual({});
  });
});

/** The agent as another server meets it. */
function goOn({ uid, connection }: FakeAgent, server: TrackedFleet): FakeAgent {
  return server.agent({ uid, connection: fakeConnection(connection.transport) });
}
