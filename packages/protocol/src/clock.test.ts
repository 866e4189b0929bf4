import { systemClock } from "@opamp/protocol";
import { describe, expect, it } from "vitest";

describe("systemClock", () => {
  it("tells milliseconds since the epoch", () => {
    const before = Date.now();
    const nowMs = systemClock.now();
    expect(nowMs).toBeGreaterThanOrEqual(before);
    expect(nowMs).toBeLessThanOrEqual(Date.now());
  });

  it("calls back once, in the order of the delays", async () => {
    const calls: string[] = [];
    await new Promise<void>((resolve) => {
      systemClock.setTimer(resolve, 2);
      systemClock.setTimer(() => calls.push("first"), 0);
    });
    expect(calls).toEqual(["first"]);
  });

  it("does not call back after a cancel, nor for a delay beyond what a timer takes", async () => {
    const calls: string[] = [];
    const cancelled = systemClock.setTimer(() => calls.push("cancelled"), 0);
    const beyond = systemClock.setTimer(() => calls.push("beyond"), 2 ** 40);
    cancelled.cancel();
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, 2));
    beyond.cancel();
    beyond.cancel();
    expect(calls).toEqual([]);
  });
});
