import {
  AgentCapabilities,
  type AgentCapability,
  type AgentToServerInit,
  ConnectionSettingsStatuses,
  PackageStatusEnum,
  RemoteConfigStatuses,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createLife, description, type Life } from "../../tests/_util/life.ts";
import { createConnectionSettingsOffer } from "./connection-settings-offer.ts";
import type { Desired } from "./desired.ts";
import { createPackagesOffer } from "./packages-offer.ts";
import { createRemoteConfigOffer } from "./remote-config-offer.ts";

const remoteConfig = createRemoteConfigOffer({ "a.yaml": "a: 1" });
const otherConfig = createRemoteConfigOffer({ "a.yaml": "a: 2" });
const file = { downloadUrl: "https://host/p", contentHash: new Uint8Array(32) };
const packagesAvailable = createPackagesOffer({ p: { version: "1", file } });
const telemetry = { destinationEndpoint: "https://host/v1/metrics" };
const connectionSettings = createConnectionSettingsOffer({
  opamp: { destinationEndpoint: "wss://other.example.com/v1/opamp" },
  ownMetrics: telemetry,
  ownTraces: telemetry,
  ownLogs: telemetry,
  otherConnections: { db: { destinationEndpoint: "db:1" } },
});
const everything: Desired = { remoteConfig, packagesAvailable, connectionSettings };
const allCapabilities = Object.keys(AgentCapabilities) as AgentCapability[];

type Kind = keyof Desired;

/** What an agent says of the offers of a kind. */
const statusOf: Record<Kind, (hash: Uint8Array, failed?: boolean) => AgentToServerInit> = {
  remoteConfig: (hash, failed = false) => ({
    remoteConfigStatus: {
      lastRemoteConfigHash: hash,
      status: failed ? RemoteConfigStatuses.FAILED : RemoteConfigStatuses.APPLIED,
    },
  }),
  packagesAvailable: (hash, failed = false) => ({
    packageStatuses: {
      serverProvidedAllPackagesHash: hash,
      packages: failed ? { p: { name: "p", status: PackageStatusEnum.InstallFailed } } : {},
    },
  }),
  connectionSettings: (hash, failed = false) => ({
    connectionSettingsStatus: {
      lastConnectionSettingsHash: hash,
      status: failed ? ConnectionSettingsStatuses.FAILED : ConnectionSettingsStatuses.APPLIED,
    },
  }),
};

const hashes: Record<Kind, Uint8Array> = {
  remoteConfig: remoteConfig.configHash,
  packagesAvailable: packagesAvailable.allPackagesHash,
  connectionSettings: connectionSettings.hash,
};

const full = {
  agentDescription: description,
  health: { healthy: true },
  effectiveConfig: {},
  availableComponents: { hash: Uint8Array.of(1) },
};

function begin(kind: Kind, capabilities: readonly AgentCapability[] = allCapabilities): Life {
  return createLife({ capabilities, desired: { [kind]: everything[kind] }, transport: "http" });
}

const kinds = ["remoteConfig", "packagesAvailable", "connectionSettings"] as const;

describe.each(kinds)("an offer of %s", (kind) => {
  const other = new Uint8Array(32);

  it("is in the first answer to an agent that never had one [S-60 S-61 S-63 S-67 S-74 S-80 S-114 A-16]", () => {
    const life = begin(kind);
    expect(life.say(full)[kind]).toBeDefined();
    expect(life.last.events.at(-1)).toEqual({
      type: "offered",
      uid: life.uid,
      kind,
      hash: hashes[kind],
    });
  });

  it("is for an agent that reports another hash, or an empty one [S-62 S-63 S-73 S-74 S-114]", () => {
    for (const hash of [other, new Uint8Array()]) {
      expect(begin(kind).say({ ...full, ...statusOf[kind](hash) })[kind]).toBeDefined();
    }
  });

  it("is not for an agent that reports this hash, whether it succeeded or not [S-62 S-64 S-68 S-73 S-82 S-114 S-115 L-13]", () => {
    for (const failed of [false, true]) {
      const life = begin(kind);
      expect(life.say({ ...full, ...statusOf[kind](hashes[kind], failed) })).toEqual({});
      expect(life.say()).toEqual({});
    }
  });

  it("is made once: what follows is acknowledged only [S-64 S-82 S-153]", () => {
    const life = begin(kind);
    life.say(full);
    expect(life.say()).toEqual({});
    expect(life.say(statusOf[kind](hashes[kind]))).toEqual({});
    for (let i = 0; i < 100; i += 1) {
      life.wait(30_000);
      expect(life.say()).toEqual({});
    }
  });

  it("is repeated in the answer to a message that comes twice, for the first was lost [S-32 A-05]", () => {
    const life = begin(kind);
    life.say(full);
    expect(life.repeat()[kind]).toBeDefined();
    expect(life.say()).toEqual({});
  });

  it("without an answer is made again ever less often", () => {
    const life = begin(kind);
    let offered = life.say(full)[kind] === undefined ? 0 : 1;
    for (let i = 0; i < 24 * 120; i += 1) {
      life.wait(30_000);
      if (life.say()[kind] !== undefined) offered += 1;
    }
    expect(offered).toBeGreaterThan(20);
    expect(offered).toBeLessThan(40);
  });

  it("is not made over and over to an agent that keeps reporting another hash", () => {
    const life = begin(kind);
    life.say(full);
    const answers = Array.from({ length: 100 }, () => life.say(statusOf[kind](other, true)));
    expect(answers.filter((answer) => answer[kind] !== undefined)).toHaveLength(2);
  });

  it("is made once in a life to an agent that does not report on it [S-79]", () => {
    const silent = allCapabilities.filter((name) => !/^Reports(Remote|Package|Conn)/.test(name));
    const life = begin(kind, silent);
    expect(life.say(full)[kind]).toBeDefined();
    for (let i = 0; i < 100; i += 1) {
      life.wait(3_600_000);
      expect(life.say({}, { link: `${i}` })).toEqual({});
    }
    expect(life.say({ ...full, sequenceNum: 0n })[kind]).toBeDefined();
  });

  it("depends on what the agent can now, not on what it could [S-43 S-48 S-59 S-105 A-28]", () => {
    const life = begin(kind);
    life.say(full);
    life.wait(3_600_000);
    expect(life.say({ capabilities: 1n })).toEqual({});
    expect(life.say()[kind]).toBeDefined();
  });
});

describe("an offer", () => {
  it("of a config that failed is not made again when the agent reports its old one then [L-13 S-68]", () => {
    const life = createLife({ capabilities: allCapabilities, desired: { remoteConfig } });
    life.say(full);
    life.say(statusOf.remoteConfig(remoteConfig.configHash, true));
    life.wait(86_400_000);
    expect(life.say(statusOf.remoteConfig(otherConfig.configHash))).toEqual({});
    expect(life.say({}, { desired: { remoteConfig: otherConfig } })).toEqual({});
    expect(life.say({}, { desired: { remoteConfig } })).toEqual({});
  });

  it("without an answer is made again on the next connection", () => {
    const life = createLife({ capabilities: allCapabilities, desired: { remoteConfig } });
    expect(life.say(full).remoteConfig).toBeDefined();
    expect(life.say({}, { link: "2" }).remoteConfig).toBeDefined();
    expect(life.say({}, { link: "2" })).toEqual({});
  });

  it("of connection settings is not made again just because the agent reconnected with them", () => {
    const life = createLife({ capabilities: allCapabilities, desired: { connectionSettings } });
    expect(life.say(full).connectionSettings).toBeDefined();
    expect(life.say({}, { link: "2" })).toEqual({});
  });

  it("is of the last version only, whatever was desired meanwhile [S-67 S-129]", () => {
    const life = createLife({ capabilities: allCapabilities, desired: {} });
    life.say(full);
    const versions = [1, 2, 3, 4, 5].map((n) => createRemoteConfigOffer({ f: `${n}` }));
    const [, , , , fifth] = versions;
    expect(life.say({}, { desired: { remoteConfig: fifth } })).toEqual({ remoteConfig: fifth });
    expect(life.say({}, { desired: { remoteConfig: fifth } })).toEqual({});
  });

  it("may go to another server [S-72]", () => {
    const life = begin("connectionSettings");
    expect(life.say(full).connectionSettings?.opamp).toMatchObject({
      destinationEndpoint: "wss://other.example.com/v1/opamp",
    });
  });

  it("of changed settings goes out, whole, under the hash of the whole set [S-71 S-81 A-22]", () => {
    const changed = createConnectionSettingsOffer({
      ownMetrics: telemetry,
      ownLogs: { destinationEndpoint: "https://host/v1/logs" },
    });
    const life = createLife({
      capabilities: ["ReportsStatus", "ReportsOwnLogs"],
      transport: "http",
    });
    life.say(full, { desired: { connectionSettings } });
    const { hash, ownLogs } = changed;
    expect(life.say({}, { desired: { connectionSettings: changed } })).toEqual({
      connectionSettings: { hash, ownLogs },
    });
  });

  it("of settings follows when the agent can take more of the set", () => {
    const desired = { connectionSettings };
    const life = createLife({
      capabilities: ["ReportsOwnLogs", "ReportsConnectionSettingsStatus"],
      desired,
    });
    life.say(full);
    life.say(statusOf.connectionSettings(connectionSettings.hash));
    const more = AgentCapabilities.ReportsOwnTraces | AgentCapabilities.ReportsOwnLogs;
    expect(Object.keys(life.say({ capabilities: more }).connectionSettings ?? {})).toEqual([
      "hash",
      "ownTraces",
      "ownLogs",
    ]);
    expect(life.say({ capabilities: more })).toEqual({});
  });
});

/** What depends on a capability of the agent, and how an answer shows it. */
const dependent: Partial<Record<AgentCapability, (answer: ServerToAgentInit) => unknown>> = {
  AcceptsRemoteConfig: (answer) => answer.remoteConfig,
  AcceptsPackages: (answer) => answer.packagesAvailable,
  ReportsOwnTraces: (answer) => answer.connectionSettings?.ownTraces,
  ReportsOwnMetrics: (answer) => answer.connectionSettings?.ownMetrics,
  ReportsOwnLogs: (answer) => answer.connectionSettings?.ownLogs,
  AcceptsOpAMPConnectionSettings: (answer) => answer.connectionSettings?.opamp,
  AcceptsOtherConnectionSettings: (answer) => answer.connectionSettings?.otherConnections,
  AcceptsRestartCommand: (answer) => answer.command,
  ReportsAvailableComponents: (answer) => ((answer.flags ?? 0n) & 2n) === 2n || undefined,
};

describe.each(allCapabilities)("an agent that has all capabilities but %s", (missing) => {
  const answerTo = (capabilities: readonly AgentCapability[], restartDue: boolean) => {
    const context = { desired: everything, wantsComponents: () => true, restartDue };
    return createLife({ capabilities, ...context }).say(full);
  };
  const without = allCapabilities.filter((name) => name !== missing);

  it("is sent all but what depends on it [S-48 S-59 S-69 S-105 S-117 S-149]", () => {
    for (const [capability, shown] of Object.entries(dependent)) {
      const isCommand = capability === "AcceptsRestartCommand";
      const isMissing = capability === missing;
      expect(shown(answerTo(without, isCommand)) === undefined, capability).toBe(isMissing);
    }
  });
});

it("sends a restart alone; what else is due waits for the next answer [S-116 S-117]", () => {
  const life = createLife({ capabilities: allCapabilities, desired: everything });
  expect(life.say({}, { restartDue: true })).toEqual({ command: { type: 0 } });
  expect(Object.keys(life.say())).toEqual([
    "flags",
    "remoteConfig",
    "packagesAvailable",
    "connectionSettings",
  ]);
});
