import { describe, expect, it } from "vitest";
import { Turns } from "./turns.ts";

describe("turns", () => {
  it("let so many act at once, and the others in the order in which they came [L-30]", async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const ends = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
    const results = ends.map(({ promise }, i) =>
      turns.take(() => {
        begun.push(i);
        return promise;
      }),
    );
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve(11);
    expect(await results[1]).toBe(11);
    expect(begun).toEqual([0, 1, 2]);
    for (const [i, { resolve }] of ends.entries()) resolve(i);
    await Promise.all(results);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it("go on after one that failed [L-07]", async () => {
    const turns = new Turns(1);
    const failed = turns.take(() => Promise.reject(new Error("boom")));
    const next = turns.take(async () => "next");
    await expect(failed).rejects.toThrow("boom");
    expect(await next).toBe("next");
    expect(await turns.take(async () => "last")).toBe("last");
  });
});
