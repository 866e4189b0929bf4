import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createConnectionSettingsOffer } from "./connection-settings-offer.ts";
import { createPackagesOffer, type OfferedPackage } from "./packages-offer.ts";
import { createRemoteConfigOffer } from "./remote-config-offer.ts";

const hex = (hash: Uint8Array) => Buffer.from(hash).toString("hex");
/** Those that another one equals. */
const repeated = (hashes: readonly Uint8Array[]) =>
  hashes.map(hex).filter((hash, i, all) => all.indexOf(hash) !== i);

describe("the hash of a config", () => {
  it("covers names, bodies, content types and roles [S-65 S-66]", () => {
    const file = { body: "a", contentType: "text/yaml", role: "main" };
    expect(
      repeated(
        [
          { f: file },
          { g: file },
          { f: { ...file, body: "b" } },
          { f: { ...file, contentType: "text/json" } },
          { f: { ...file, role: "other" } },
          { f: file, g: file },
          { f: "atext/yaml" },
          { fa: "" },
          { f: "a" },
        ].map((files) => createRemoteConfigOffer(files).configHash),
      ),
    ).toEqual([]);
  });

  it("is the same for the same files in another order, and over restarts [S-66]", () => {
    const { configHash } = createRemoteConfigOffer({ a: "1", b: "2" });
    expect(createRemoteConfigOffer({ b: "2", a: "1" }).configHash).toEqual(configHash);
    expect(hex(configHash)).toBe(
      "602967873656bb7fedc04d7c950169c327833850e5276ecb98abff6b7a446e10",
    );
  });
});

it("makes no offer of a config without files, unless that is meant [L-31]", () => {
  expect(() => createRemoteConfigOffer({})).toThrow(OpAMPError);
  expect(createRemoteConfigOffer({}, { allowEmpty: true }).configHash).toHaveLength(32);
});

describe("the hash of packages", () => {
  const file = {
    downloadUrl: "https://host/p",
    contentHash: new Uint8Array(32),
    signature: Uint8Array.of(1),
  };
  const offered: OfferedPackage = { type: 0, version: "1", file };

  it("covers all fields of a package and the content of its file [S-110 S-111]", () => {
    const variants: readonly OfferedPackage[] = [
      offered,
      { ...offered, version: "2" },
      { ...offered, type: 1 },
      { ...offered, file: { ...file, contentHash: new Uint8Array(32).fill(1) } },
      { ...offered, file: { ...file, downloadUrl: "https://host/q" } },
      { ...offered, file: { ...file, signature: Uint8Array.of(2) } },
      { ...offered, file: { ...file, headers: { headers: [{ key: "a", value: "b" }] } } },
    ];
    const offers = variants.map((variant) => createPackagesOffer({ p: variant }));
    expect(repeated(offers.map(({ packages }) => packages?.p?.hash ?? new Uint8Array()))).toEqual(
      [],
    );
    expect(repeated(offers.map(({ allPackagesHash }) => allPackagesHash))).toEqual([]);
  });

  it("as a set covers the names, in any order [S-107 S-110 S-112]", () => {
    const { allPackagesHash } = createPackagesOffer({ p: offered, q: offered });
    expect(createPackagesOffer({ q: offered, p: offered }).allPackagesHash).toEqual(
      allPackagesHash,
    );
    const renamed = createPackagesOffer({ p: offered, r: offered });
    expect(
      repeated([allPackagesHash, renamed.allPackagesHash, createPackagesOffer({}).allPackagesHash]),
    ).toEqual([]);
  });

  it.each([
    ["no file", { version: "1" }],
    ["no URL", { file: { contentHash: new Uint8Array(32) } }],
    ["a content hash that is no SHA-256", { file: { ...file, contentHash: Uint8Array.of(1) } }],
  ])("is not made of a package with %s [S-113]", (_, incomplete) => {
    expect(() => createPackagesOffer({ p: incomplete })).toThrow(/package "p" has/);
  });
});

describe("the hash of connection settings", () => {
  const opamp = { destinationEndpoint: "wss://host/v1/opamp" };
  const ownLogs = { destinationEndpoint: "https://host/v1/logs" };

  it("covers every part of the set, and is the same over restarts [S-71 S-75]", () => {
    const certificate = { cert: Uint8Array.of(1) };
    expect(
      repeated(
        [
          { opamp },
          { ownLogs },
          { ownTraces: ownLogs },
          { opamp, ownLogs },
          { opamp: { ...opamp, certificate } },
          { opamp: { ...opamp, headers: { headers: [{ key: "a", value: "b" }] } } },
          { opamp: { ...opamp, heartbeatIntervalSeconds: 60n } },
          { otherConnections: { db: {} } },
          { otherConnections: { mq: {} } },
        ].map((settings) => createConnectionSettingsOffer(settings).hash),
      ),
    ).toEqual([]);
    const { hash } = createConnectionSettingsOffer({ ownLogs, opamp });
    expect(createConnectionSettingsOffer({ opamp, ownLogs }).hash).toEqual(hash);
  });
});

it("is not made of what is misspelt", () => {
  const file = { body: "a: 1", contentTyp: "text/yaml" };
  expect(() => createRemoteConfigOffer({ "a.yaml": file })).toThrow(
    'files["a.yaml"].contentTyp is not an option; known are body, contentType, role',
  );
  const content = { downloadUrl: "https://host/edge", contentHash: new Uint8Array(32) };
  const edge = { version: "1", file: { ...content, signatur: new Uint8Array(64) } };
  expect(() => createPackagesOffer({ edge })).toThrow(
    "signatur is not a field of DownloadableFile",
  );
  const ownMetric = { destinationEndpoint: "https://host/v1/metrics" };
  expect(() => createConnectionSettingsOffer({ ownMetric } as object)).toThrow(
    "ownMetric is not a field of ConnectionSettingsOffers; known are hash, opamp, ownMetrics",
  );
});

describe("an offer of connection settings", () => {
  const opamp = { destinationEndpoint: "wss://host/v1/opamp" };

  it("has a heartbeat interval above 0 [S-52 S-54 L-22]", () => {
    expect(createConnectionSettingsOffer({ opamp }).opamp?.heartbeatIntervalSeconds).toBe(30n);
    const slow = { ...opamp, heartbeatIntervalSeconds: 300n };
    expect(createConnectionSettingsOffer({ opamp: slow }).opamp).toEqual(slow);
    const off = { ...opamp, heartbeatIntervalSeconds: 0n };
    expect(() => createConnectionSettingsOffer({ opamp: off })).toThrow(/heartbeats/);
  });

  it.each(["", "host", "ftp://host/"])("is not made with the endpoint %j [S-54 S-78]", (url) => {
    const settings = { opamp: { destinationEndpoint: url } };
    expect(() => createConnectionSettingsOffer(settings)).toThrow(/destinationEndpoint/);
  });

  it("needs the whole URL for telemetry [S-83]", () => {
    for (const destinationEndpoint of ["https://host:4318", "wss://host/v1/logs", ""]) {
      const settings = { ownLogs: { destinationEndpoint } };
      expect(() => createConnectionSettingsOffer(settings)).toThrow(/ownLogs/);
    }
  });

  it("needs https for telemetry, but on this machine or when it is allowed [S-84]", () => {
    const to = (destinationEndpoint: string) => ({ ownMetrics: { destinationEndpoint } });
    const remote = to("http://otel.example.com:4318/v1/metrics");
    expect(() => createConnectionSettingsOffer(remote)).toThrow(/https/);
    const allowed = createConnectionSettingsOffer(remote, { allowCleartextTelemetry: true });
    expect(allowed.ownMetrics).toEqual(remote.ownMetrics);
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      const local = to(`http://${host}:4318/v1/metrics`);
      expect(createConnectionSettingsOffer(local).ownMetrics).toEqual(local.ownMetrics);
    }
  });

  it("needs a URL for each proxy [S-104]", () => {
    const withProxy = (url: string) => ({
      otherConnections: { database: { destinationEndpoint: "db:5432", proxy: { url } } },
    });
    expect(() => createConnectionSettingsOffer(withProxy(""))).toThrow("database.proxy has no url");
    expect(createConnectionSettingsOffer(withProxy("proxy:3128")).otherConnections).toBeDefined();
    const own = { opamp: { destinationEndpoint: "wss://host", proxy: {} } };
    expect(() => createConnectionSettingsOffer(own)).toThrow("opamp.proxy has no url");
  });

  it("may say of another connection only what is new [S-85]", () => {
    const database = { certificate: { cert: Buffer.from("a certificate") } };
    const { otherConnections } = createConnectionSettingsOffer({ otherConnections: { database } });
    expect(otherConnections).toEqual({ database });
  });
});
