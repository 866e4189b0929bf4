import { decodeServerToAgent, encodeServerToAgent, PackageType } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { field } from "./wire-writer.ts";

describe("connection settings", () => {
  it("may name a header several times, and keep the order of headers [W-44]", () => {
    const headers = [
      { key: "accept", value: "a" },
      { key: "x-tenant", value: "1" },
      { key: "accept", value: "b" },
    ];
    const bytes = encodeServerToAgent({ connectionSettings: { opamp: { headers: { headers } } } });
    const read = decodeServerToAgent(bytes).connectionSettings?.opamp?.headers?.headers ?? [];
    expect(read.map(({ key, value }) => ({ key, value }))).toEqual(headers);
  });

  it("have TLS and proxy for the server, for telemetry and for other destinations [W-45]", () => {
    const tls = field(4, [0x31, 0x2e, 0x33]);
    const proxy = field(1, [0x70]);
    const telemetry = [...field(4, tls), ...field(5, proxy)];
    const others = [...field(5, tls), ...field(6, proxy)];
    const offers = [
      ...field(2, others),
      ...[3, 4, 5].flatMap((signal) => field(signal, telemetry)),
      ...field(6, [...field(1, [0x6b]), ...field(2, others)]),
    ];
    const { connectionSettings } = decodeServerToAgent(Uint8Array.from(field(4, offers)));
    const settings = { tls: { minVersion: "1.3" }, proxy: { url: "p" } };
    expect(connectionSettings).toMatchObject({
      opamp: settings,
      ownMetrics: settings,
      ownTraces: settings,
      ownLogs: settings,
      otherConnections: { k: settings },
    });
  });
});

describe("packages", () => {
  it("may have an empty name, and are at the top level unless they say otherwise [W-46]", () => {
    const packages = { "": { version: "1" }, addon: { type: PackageType.Addon } };
    const bytes = encodeServerToAgent({ packagesAvailable: { packages } });
    const read = decodeServerToAgent(bytes).packagesAvailable?.packages ?? {};
    expect(Object.keys(read).toSorted()).toEqual(["", "addon"]);
    expect(read[""]?.type).toBe(PackageType.TopLevel);
    expect(read.addon?.type).toBe(PackageType.Addon);
  });
});
