import { describe, expect, it } from "vitest";
import { oneLine } from "./one-line.ts";

describe("oneLine", () => {
  it.each([
    ["a reason", "a reason"],
    [" line\r\n\tand\u001b[31m\u0000 line\u2028 ", "line and [31m line"],
    ["x".repeat(200), "x".repeat(200)],
    ["x".repeat(201), `${"x".repeat(200)}…`],
    ["\n", ""],
  ])("makes %j short, printable and one line", (text, line) => {
    expect(oneLine(text)).toBe(line);
  });
});
