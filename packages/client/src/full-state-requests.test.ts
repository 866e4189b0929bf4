import type { Clock } from "@opamp/protocol";
import { createFakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { FullStateRequests } from "./full-state-requests.ts";

describe("requests for full state", () => {
  it("are answered at once, and no more than once a second when they never end [C-57 C-58]", async () => {
    const clock = createFakeClock();
    const startMs = clock.now();
    const answers: number[] = [];
    const requests = new FullStateRequests(clock, () => answers.push(clock.now() - startMs));
    requests.request();
    expect(answers).toEqual([0]);
    for (let i = 0; i < 25; i += 1) {
      requests.request();
      await clock.advance(100);
    }
    expect(answers).toEqual([0, 1000, 2000]);
  });

  it("wait a second at most when the wall clock is set back [C-57]", async () => {
    const fake = createFakeClock();
    let setBackMs = 0;
    const clock: Clock = { ...fake, now: () => fake.now() - setBackMs };
    let answers = 0;
    const requests = new FullStateRequests(clock, () => {
      answers += 1;
    });
    requests.request();
    setBackMs = 3_600_000;
    requests.request();
    await fake.advance(1000);
    expect(answers).toBe(2);
    expect(fake.pendingTimers).toBe(0);
  });

  it("leave no timer behind when stopped [L-21]", () => {
    const clock = createFakeClock();
    const requests = new FullStateRequests(clock, () => {});
    requests.request();
    requests.request();
    requests.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
