import { createFakeClock, createSeededRandom } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { spreadOver } from "./spread-over.ts";

function setUp(count: number, windowMs = 1000) {
  const clock = createFakeClock();
  const startMs = clock.now();
  const set = new Set(Array.from({ length: count }, (_, i) => i));
  const called: number[] = [];
  const timesMs: number[] = [];
  const random = createSeededRandom(7);
  const done = spreadOver(set, { windowMs, clock, random }, (item) => {
    called.push(item);
    timesMs.push(clock.now() - startMs);
  });
  return { clock, set, called, timesMs, done };
}

describe("what is spread over a window", () => {
  it("comes once each, in order, each within its share, at no regular pace", async () => {
    const { clock, called, timesMs, done } = setUp(10);
    await clock.advance(1000);
    await done;
    expect(called).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [i, atMs] of timesMs.entries()) {
      expect(atMs).toBeGreaterThanOrEqual(i * 100);
      expect(atMs).toBeLessThan((i + 1) * 100);
    }
    const gaps = timesMs.slice(1).map((atMs, i) => Math.round(atMs - (timesMs[i] ?? 0)));
    expect(new Set(gaps).size).toBeGreaterThan(5);
  });

  it("is over as soon as nobody is left", async () => {
    const { clock, set, called, done } = setUp(100);
    await clock.advance(500);
    set.clear();
    await clock.advance(20);
    await done;
    expect(called.length).toBeLessThan(52);
    expect(clock.pendingTimers).toBe(0);
  });

  it("may be nothing at all", async () => {
    const { called, done } = setUp(0);
    await done;
    expect(called).toEqual([]);
  });
});
