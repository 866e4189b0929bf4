import {
  copyStatusPart,
  decodeAgentToServer,
  encodeAgentToServer,
  equalStatusParts,
  keyValuesFromAttributes,
  type StatusPart,
  type StatusPartInit,
  statusParts,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

/** One value of each part, with something nested in it where there can be. */
const samples: { readonly [P in StatusPart]: StatusPartInit<P> } = {
  agentDescription: {
    identifyingAttributes: keyValuesFromAttributes({ "service.name": "edge", list: [1, [2]] }),
  },
  health: { healthy: true, componentHealthMap: { pipeline: { status: "StatusOK" } } },
  effectiveConfig: { configMap: { configMap: { "": { body: bytes(1, 2), role: "main" } } } },
  remoteConfigStatus: { lastRemoteConfigHash: bytes(1), status: 1 },
  packageStatuses: { packages: { agent: { name: "agent", status: 3 } }, errorMessage: "e" },
  customCapabilities: { capabilities: ["io.example.a"] },
  availableComponents: { components: { receivers: { subComponentMap: { otlp: {} } } } },
  connectionSettingsStatus: { lastConnectionSettingsHash: bytes(9), status: 2 },
};

describe("the status parts", () => {
  it("are the eight that a report may leave out [C-54]", () => {
    expect([...statusParts].sort()).toEqual(Object.keys(samples).sort());
  });

  it.each(statusParts)("copies %s whole", (part) => {
    const copy = copyStatusPart(part, samples[part]);
    const decoded = decodeAgentToServer(encodeAgentToServer({ [part]: samples[part] }));
    expect(copy).toEqual(decoded[part]);
    expect(equalStatusParts(part, copy, decoded[part])).toBe(true);
  });

  it.each(statusParts)("finds %s unequal to nothing and to an empty one", (part) => {
    const full = copyStatusPart(part, samples[part]);
    expect(equalStatusParts(part, full, undefined)).toBe(false);
    expect(equalStatusParts(part, undefined, full)).toBe(false);
    expect(equalStatusParts(part, full, copyStatusPart(part, {}))).toBe(false);
    expect(equalStatusParts(part, undefined, undefined)).toBe(true);
  });
});

describe("a copy", () => {
  it("shares no object and no bytes with what it was made of", () => {
    const body = bytes(1, 2, 3);
    const configMap = { "a.yaml": { body } };
    const copy = copyStatusPart("effectiveConfig", { configMap: { configMap } });
    body.fill(0);
    configMap["a.yaml"] = { body };
    expect(copy.configMap?.configMap["a.yaml"]?.body).toEqual(bytes(1, 2, 3));
  });

  it("shares no bytes with the message it was read from, unknown fields included", () => {
    const known = encodeAgentToServer({ remoteConfigStatus: { lastRemoteConfigHash: bytes(7) } });
    const received = Uint8Array.from([0x3a, 7, ...known.subarray(2), 0xc2, 0x3e, 1, 5]);
    const part = decodeAgentToServer(received).remoteConfigStatus;
    const copy = copyStatusPart("remoteConfigStatus", part ?? {});
    received.fill(0);
    expect(copy.lastRemoteConfigHash).toEqual(bytes(7));
    expect(copy.$unknown?.[0]?.data).toEqual(bytes(1, 5));
  });

  it("refuses what does not fit, and says which part", () => {
    const bad = { startTimeUnixNano: -1n };
    expect(() => copyStatusPart("health", bad)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
    expect(() => copyStatusPart("health", bad)).toThrow("health does not fit ComponentHealth");
  });

  it("refuses a tree that no peer could read", () => {
    let health = {};
    for (let level = 0; level < 150; level += 1) health = { componentHealthMap: { a: health } };
    expect(() => copyStatusPart("health", health)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});

describe("equality", () => {
  it("does not depend on the order of map entries", () => {
    const one = copyStatusPart("health", { componentHealthMap: { a: {}, b: { healthy: true } } });
    const two = copyStatusPart("health", { componentHealthMap: { b: { healthy: true }, a: {} } });
    expect(equalStatusParts("health", one, two)).toBe(true);
  });

  it("sees a change at any level", () => {
    const one = copyStatusPart("health", samples.health);
    const two = copyStatusPart("health", {
      ...samples.health,
      componentHealthMap: { pipeline: { status: "StatusOK", statusTimeUnixNano: 1n } },
    });
    expect(equalStatusParts("health", one, two)).toBe(false);
  });

  it("sees the order of a list", () => {
    const one = copyStatusPart("customCapabilities", { capabilities: ["a", "b"] });
    const two = copyStatusPart("customCapabilities", { capabilities: ["b", "a"] });
    expect(equalStatusParts("customCapabilities", one, two)).toBe(false);
  });
});
