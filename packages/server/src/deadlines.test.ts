import type { Clock } from "@opamp/protocol";
import { createFakeClock } from "@opamp/test-kit";
import { expect, it } from "vitest";
import { createDeadlines, type Deadlines } from "./deadlines.ts";

function setUp(delayMs = 100) {
  const clock = createFakeClock();
  const startMs = clock.now();
  const expired: string[] = [];
  const deadlines = createDeadlines<string>({
    clock,
    delayMs,
    expire: (item) => expired.push(`${item} at ${clock.now() - startMs}`),
  });
  return { clock, deadlines, expired };
}

it("expires each item after the delay, with one timer for all", async () => {
  const { clock, deadlines, expired } = setUp();
  deadlines.start("a");
  await clock.advance(30);
  deadlines.start("b");
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(200);
  expect(expired).toEqual(["a at 100", "b at 130"]);
  expect(clock.pendingTimers).toBe(0);
});

it("spares items that were stopped, and postpones those started anew", async () => {
  const { clock, deadlines, expired } = setUp();
  deadlines.start("a");
  deadlines.start("b");
  await clock.advance(60);
  deadlines.stop("a");
  deadlines.start("b");
  await clock.advance(99);
  expect(expired).toEqual([]);
  await clock.advance(1);
  expect(expired).toEqual(["b at 160"]);
});

it("keeps time for the others when an item is started anew as it expires", async () => {
  const clock = createFakeClock();
  const startMs = clock.now();
  const log: string[] = [];
  const deadlines: Deadlines<string> = createDeadlines<string>({
    clock,
    delayMs: 100,
    expire(item) {
      log.push(`${item} at ${clock.now() - startMs}`);
      deadlines.start(item);
    },
  });
  deadlines.start("a");
  await clock.advance(50);
  deadlines.start("b");
  await clock.advance(250);
  expect(log).toEqual(["a at 100", "b at 150", "a at 200", "b at 250", "a at 300"]);
});

it("expires thousands that fall due together", async () => {
  const { clock, deadlines, expired } = setUp();
  for (let i = 0; i < 2000; i += 1) deadlines.start(String(i));
  await clock.advance(100);
  expect(expired).toHaveLength(2000);
});

it("keeps time for old and new items when the wall clock is set back", async () => {
  const fake = createFakeClock();
  const startMs = fake.now();
  let setBackMs = 0;
  const clock: Clock = { ...fake, now: () => fake.now() - setBackMs };
  const expired: string[] = [];
  const expire = (item: string): void => void expired.push(`${item} at ${fake.now() - startMs}`);
  const deadlines = createDeadlines<string>({ clock, delayMs: 100, expire });
  deadlines.start("old");
  setBackMs = 3_600_000;
  deadlines.start("new");
  await fake.advance(300);
  // The time of the old one starts anew when the shared timer finds it.
  expect(expired).toEqual(["new at 100", "old at 200"]);
  expect(fake.pendingTimers).toBe(0);
});

it("sets no deadlines with a delay of 0, and none after it was cleared", async () => {
  const none = setUp(0);
  none.deadlines.start("a");
  expect(none.clock.pendingTimers).toBe(0);
  const { clock, deadlines, expired } = setUp();
  deadlines.start("a");
  deadlines.clear();
  expect(clock.pendingTimers).toBe(0);
  await clock.advance(1000);
  expect(expired).toEqual([]);
});
