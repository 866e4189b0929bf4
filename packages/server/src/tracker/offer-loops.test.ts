import { AgentCapabilities, type AgentCapability, RemoteConfigStatuses } from "@opamp/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createLife, description } from "../../tests/_util/life.ts";
import { createConnectionSettingsOffer } from "./connection-settings-offer.ts";
import { createPackagesOffer } from "./packages-offer.ts";
import { createRemoteConfigOffer } from "./remote-config-offer.ts";

const desired = {
  remoteConfig: createRemoteConfigOffer({ f: "x" }),
  packagesAvailable: createPackagesOffer({}),
  connectionSettings: createConnectionSettingsOffer({
    opamp: { destinationEndpoint: "wss://host/v1/opamp" },
  }),
};
const { configHash } = desired.remoteConfig;
const { allPackagesHash } = desired.packagesAvailable;
const { hash } = desired.connectionSettings;

const accepting: readonly AgentCapability[] = [
  "ReportsStatus",
  "AcceptsRemoteConfig",
  "AcceptsPackages",
  "AcceptsOpAMPConnectionSettings",
];
const reporting = (Object.keys(AgentCapabilities) as AgentCapability[]).filter((name) =>
  /^Reports(Remote|Package|Conn)/.test(name),
);

/** What an agent may say, sensible or not: of the right hash, another one, or none. */
const said = fc.record({
  mine: fc.constantFrom("right", "other", "none", "left-out"),
  status: fc.constantFrom(...Object.values(RemoteConfigStatuses)),
  link: fc.nat(3),
  restarts: fc.boolean(),
  skips: fc.nat(1),
});

it("offers nothing over and over, whatever an agent answers [S-68 S-79 S-115 S-153]", () => {
  const conversation = fc.array(said, { maxLength: 100, size: "max" });
  const property = fc.property(conversation, fc.subarray(reporting), (messages, reports) => {
    const life = createLife({ capabilities: [...accepting, ...reports], desired });
    const offered = { remoteConfig: 0, packagesAvailable: 0, connectionSettings: 0 };
    let next = 0n;
    for (const { mine, status, link, restarts, skips } of messages) {
      const hashOr = (right: Uint8Array) =>
        mine === "right" ? right : new Uint8Array(mine === "other" ? 32 : 0);
      const statuses = {
        remoteConfigStatus: { lastRemoteConfigHash: hashOr(configHash), status },
        packageStatuses: { serverProvidedAllPackagesHash: hashOr(allPackagesHash) },
        connectionSettingsStatus: { lastConnectionSettingsHash: hashOr(hash), status },
      };
      next = restarts ? 0n : next + BigInt(skips + 1);
      const answer = life.say(
        {
          sequenceNum: next,
          ...(mine === "left-out" ? {} : statuses),
          ...(restarts && { agentDescription: description }),
        },
        { link: `${link}` },
      );
      // The answer to a message that comes twice was lost: it is another copy, not another offer.
      if (life.eventTypes.includes("message-repeated")) continue;
      for (const kind of Object.keys(offered) as (keyof typeof offered)[]) {
        if (answer[kind] !== undefined) offered[kind] += 1;
      }
    }
    expect(Math.max(...Object.values(offered))).toBeLessThanOrEqual(3);
  });
  fc.assert(property, { numRuns: 500 });
}, 30_000);
