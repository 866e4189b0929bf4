import { STATUS_CODES } from "node:http";
import { expect, it } from "vitest";
import { statusText } from "./status-text.ts";

it("names every status of an error that the registry names", () => {
  // Node keeps two names that RFC 9110 changed, one that it dropped, and one that was never in it.
  const own = new Set(["413", "418", "422", "509", "510"]);
  const known = Object.entries(STATUS_CODES).filter(([code]) => Number(code) >= 400);
  for (const [code, name] of known.filter(([code]) => !own.has(code))) {
    expect(statusText(Number(code))).toBe(name);
  }
  expect(statusText(599)).toBe("error");
});
