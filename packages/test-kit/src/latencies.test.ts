import { expect, it } from "vitest";
import { Latencies } from "./latencies.ts";

it("says what so many of a hundred did not exceed", () => {
  const latencies = new Latencies(Array.from({ length: 200 }, (_, i) => 200 - i));
  expect(latencies.percentile(50)).toBe(100);
  expect(latencies.percentile(99)).toBe(198);
  expect(latencies.percentile(100)).toBe(200);
  expect(new Latencies().percentile(99)).toBeNaN();
});
