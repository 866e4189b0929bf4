import { describe, expect, it } from "vitest";
import { keepsPace } from "./rate.ts";

const tenPerSecond = { intervalMs: 100, toleranceMs: 400 };

/** How many of so many at one time are let through. */
function letThrough(paced: { paceMs: number }, count: number, nowMs: number): number {
  return Array.from({ length: count }, () => keepsPace(paced, tenPerSecond, nowMs)).filter(Boolean)
    .length;
}

describe("a rate", () => {
  it("lets a burst through, then as many as time goes by", () => {
    const paced = { paceMs: 0 };
    expect(letThrough(paced, 20, 1_000_000)).toBe(5);
    expect(letThrough(paced, 20, 1_000_099)).toBe(0);
    expect(letThrough(paced, 20, 1_000_100)).toBe(1);
    expect(letThrough(paced, 20, 1_000_350)).toBe(2);
  });

  it("gathers no more than a burst in a long pause", () => {
    const paced = { paceMs: 0 };
    letThrough(paced, 20, 1_000_000);
    expect(letThrough(paced, 20, 9_000_000)).toBe(5);
  });

  it("does not count what it refuses", () => {
    const paced = { paceMs: 0 };
    letThrough(paced, 1000, 1_000_000);
    expect(letThrough(paced, 1000, 1_000_200)).toBe(2);
  });

  it("begins anew when the clock was set back", () => {
    const paced = { paceMs: 0 };
    letThrough(paced, 20, 1_000_000);
    expect(letThrough(paced, 20, 500_000)).toBe(5);
    expect(letThrough(paced, 20, 500_000)).toBe(0);
  });
});
