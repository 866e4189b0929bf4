import type { Clock } from "@opamp/protocol";
import { createFakeClock } from "@opamp/test-kit";
import { expect, it } from "vitest";
import { Heartbeat } from "./heartbeat.ts";

it("waits no longer than one interval when the wall clock is set back", async () => {
  const fake = createFakeClock();
  let setBackMs = 0;
  const clock: Clock = {
    now: () => fake.now() - setBackMs,
    setTimer: (callback, delayMs) => fake.setTimer(callback, delayMs),
  };
  let beats = 0;
  const beat = (): void => {
    beats += 1;
  };
  const heartbeat = new Heartbeat({
    clock,
    random: () => 0,
    intervalMs: 10_000,
    isInCrowd: false,
    beat,
  });
  heartbeat.restart();
  setBackMs = 3_600_000;
  heartbeat.setIntervalMs(5000);
  await fake.advance(5000);
  expect(beats).toBe(1);
  heartbeat.stop();
  expect(fake.pendingTimers).toBe(0);
});
