import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { giveWay } from "./fair-reading.ts";

const FULL = 65_536;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function flowing(): Readable {
  return new Readable({ read: () => undefined }).resume();
}

it("pauses after a full read until the next turn", async () => {
  const stream = flowing();
  giveWay(stream, FULL, { wantsMore: true });
  expect(stream.isPaused()).toBe(true);
  await nextTurn();
  expect(stream.isPaused()).toBe(false);
});

it("goes on at once after a short read", () => {
  const stream = flowing();
  giveWay(stream, 1000, { wantsMore: true });
  expect(stream.isPaused()).toBe(false);
});

it("stays paused when its reader wants no more by then", async () => {
  const stream = flowing();
  const reader = { wantsMore: true };
  giveWay(stream, FULL, reader);
  reader.wantsMore = false;
  await nextTurn();
  expect(stream.isPaused()).toBe(true);
});
