import { expect, it } from "vitest";
import { renewalTimeMs } from "./renewal-time.ts";

const facts = { notBeforeMs: 1000, notAfterMs: 4000, publicKey: "", instanceUids: [] };

it.each([
  ["two thirds", 2 / 3, 3000],
  ["half", 1 / 2, 2500],
])(
  "a certificate is renewed after %s of its validity, spread over a thirtieth",
  (_, at, timeMs) => {
    expect(renewalTimeMs(facts, at, 0)).toBeCloseTo(timeMs);
    expect(renewalTimeMs(facts, at, 1)).toBeCloseTo(timeMs + 100);
  },
);

it("a certificate is renewed before it expires, however late that is", () => {
  expect(renewalTimeMs(facts, 0.99, 1)).toBeLessThan(facts.notAfterMs);
});
