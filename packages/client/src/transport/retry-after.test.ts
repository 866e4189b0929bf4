import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "./retry-after.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 12, 0, 0);

describe("parseRetryAfter", () => {
  it.each([
    ["0", 0],
    ["1", 1000],
    [" 120 ", 120_000],
    ["-1", 0],
    ["99999999999999999999", Number.MAX_SAFE_INTEGER],
  ])("reads %j as seconds [C-229]", (text, ms) => {
    expect(parseRetryAfter(text, NOW_MS)).toBe(ms);
  });

  it.each([
    "Thu, 01 Jan 2026 12:00:30 GMT",
    "Thursday, 01-Jan-26 12:00:30 GMT",
    "Thu Jan  1 12:00:30 2026",
  ])("reads the date %s as UTC [C-229]", (text) => {
    expect(parseRetryAfter(text, NOW_MS)).toBe(30_000);
  });

  it("asks for no wait when the date has passed", () => {
    expect(parseRetryAfter("Thu, 01 Jan 2026 11:59:59 GMT", NOW_MS)).toBe(0);
    expect(parseRetryAfter("Sunday, 06-Nov-94 08:49:37 GMT", NOW_MS)).toBe(0);
  });

  it.each([
    undefined,
    "",
    "soon",
    "1.5",
    "Thu, 01 Jan 2026 12:00:30 PST",
    "Thu, 01 Foo 2026 12:00:30 GMT",
  ])("knows nothing from %j", (text) => {
    expect(parseRetryAfter(text, NOW_MS)).toBeUndefined();
  });
});
