import { describe, expect, it } from "vitest";
import { exponentialBackoff } from "./retry-policy.ts";

const most = (): number => 1 - Number.EPSILON;

describe("exponentialBackoff", () => {
  it("draws the first wait from nothing on [C-239 L-17]", () => {
    const policy = exponentialBackoff({ initialMs: 800 });
    expect(policy.delayMs(1, () => 0)).toBe(0);
    expect(policy.delayMs(1, () => 0.5)).toBe(400);
    expect(policy.delayMs(1, most)).toBeCloseTo(800);
  });

  it("waits at least half of a time that grows [C-234]", () => {
    const policy = exponentialBackoff({ initialMs: 100, multiplier: 3, maxMs: 10_000 });
    const least = [2, 3, 4, 5].map((attempt) => policy.delayMs(attempt, () => 0));
    expect(least).toEqual([150, 450, 1350, 4050]);
    const longest = [2, 3, 4, 5].map((attempt) => Math.round(policy.delayMs(attempt, most)));
    expect(longest).toEqual([300, 900, 2700, 8100]);
  });

  it("draws also at the cap, and never above it [L-17]", () => {
    const policy = exponentialBackoff();
    for (const attempt of [8, 100, 10_000]) {
      const waits = [() => 0, () => 0.5, most].map((random) => policy.delayMs(attempt, random));
      expect(waits.map(Math.round)).toEqual([30_000, 45_000, 60_000]);
    }
  });
});
