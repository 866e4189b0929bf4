import { describe, expect, it } from "vitest";
import { createFakeClock } from "./fake-clock.ts";

describe("the fake clock", () => {
  it("fires what falls due, in order, at its time", async () => {
    const clock = createFakeClock(0);
    const fired: string[] = [];
    clock.setTimer(() => fired.push(`b at ${clock.now()}`), 20);
    clock.setTimer(() => {
      fired.push(`a at ${clock.now()}`);
      clock.setTimer(() => fired.push(`c at ${clock.now()}`), 15);
    }, 10);
    clock.setTimer(() => fired.push("never"), 15).cancel();
    await clock.advance(24);
    expect(fired).toEqual(["a at 10", "b at 20"]);
    expect(clock.nextTimerMs).toBe(1);
    await clock.advance(1);
    expect(fired.at(-1)).toBe("c at 25");
    expect(clock.pendingTimers).toBe(0);
  });
});
