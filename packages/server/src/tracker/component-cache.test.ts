import type { AvailableComponents } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { ComponentCache } from "./component-cache.ts";

const componentsOf = (n: number): AvailableComponents => ({
  $typeName: "opamp.proto.v1.AvailableComponents",
  hash: Uint8Array.of(n >> 8, n & 255),
  components: {},
});

describe("the cache of components", () => {
  it("wants what it has not, and asks one agent at a time [S-118 S-119]", () => {
    const cache = new ComponentCache();
    const components = componentsOf(1);
    expect(cache.wants(components.hash, 0)).toBe(true);
    cache.asked(components.hash, 0);
    expect(cache.wants(components.hash, 59_999)).toBe(false);
    expect(cache.wants(components.hash, 60_000)).toBe(true);
    cache.add(components);
    expect(cache.wants(components.hash, 1e12)).toBe(false);
    expect(cache.get(Uint8Array.of(0, 1))).toBe(components);
  });

  it("is bounded: the oldest goes", () => {
    const cache = new ComponentCache();
    for (let n = 0; n <= 1000; n += 1) cache.add(componentsOf(n));
    expect(cache.get(componentsOf(0).hash)).toBeUndefined();
    expect(cache.get(componentsOf(1).hash)).toBeDefined();
  });
});
