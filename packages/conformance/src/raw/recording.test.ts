import { describe, expect, it } from "vitest";
import { createRecording } from "./recording.ts";

describe("createRecording", () => {
  it("gives out each item once, in order", async () => {
    const recording = createRecording<number>();
    recording.record(1);
    recording.record(2);
    expect([await recording.take(), await recording.take()]).toEqual([1, 2]);
    expect(recording.all).toEqual([1, 2]);
  });

  it("waits for an item that has not come yet", async () => {
    const recording = createRecording<number>();
    const taken = recording.take();
    recording.record(7);
    expect(await taken).toBe(7);
  });

  it("leaves items that do not match to be taken later", async () => {
    const recording = createRecording<number>();
    const even = recording.take({ where: (item) => item % 2 === 0 });
    recording.record(1);
    recording.record(2);
    expect([await even, await recording.take()]).toEqual([2, 1]);
  });

  it("gives each item to one waiter only", async () => {
    const recording = createRecording<number>();
    const both = Promise.all([recording.take(), recording.take()]);
    recording.record(1);
    recording.record(2);
    expect(await both).toEqual([1, 2]);
  });

  it("says what did not come in time", async () => {
    const recording = createRecording<number>();
    recording.record(1);
    const never = recording.take({ what: "an 8", where: (item) => item === 8, timeoutMs: 1 });
    await expect(never).rejects.toThrow(
      "an 8 did not come in 1 ms; 1 others were seen, 1 of them not taken",
    );
  });
});
