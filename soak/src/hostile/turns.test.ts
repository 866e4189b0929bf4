import { describe, expect, it } from "vitest";
import { exceededFor } from "./turns.ts";

describe("what is exceeded for some time in all", () => {
  it.each([
    ["one long turn", [10, 1, 1], 2, 8],
    ["two that are equally long", [10, 10, 1], 2, 9],
    ["turns of different lengths", [5, 4, 3], 2, 3.5],
    ["turns that are all shorter", [1, 0.5], 2, 0],
    ["no turns", [], 2, 0],
  ])("is known for %s", (_, turnsMs, totalMs, exceeded) => {
    expect(exceededFor(turnsMs, totalMs)).toBe(exceeded);
  });
});
