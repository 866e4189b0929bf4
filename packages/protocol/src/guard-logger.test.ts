import { silentLogger } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { guardLogger } from "./guard-logger.ts";

describe("guardLogger", () => {
  it("passes every line on, to its level", () => {
    const lines: string[] = [];
    const level = (name: string) => (line: string) => lines.push(`${name} ${line}`);
    const guarded = guardLogger({
      debug: level("debug"),
      info: level("info"),
      warn: level("warn"),
      error: level("error"),
    });
    guarded.debug("a");
    guarded.info("b");
    guarded.warn("c");
    guarded.error("d");
    expect(lines).toEqual(["debug a", "info b", "warn c", "error d"]);
  });

  it("calls the logger's methods on the logger", () => {
    const lines: string[] = [];
    const logger = {
      ...silentLogger,
      prefix: "agent",
      info(line: string): void {
        lines.push(`${this.prefix}: ${line}`);
      },
    };
    guardLogger(logger).info("kept");
    expect(lines).toEqual(["agent: kept"]);
  });

  it("loses the line of a logger that throws [L-07]", () => {
    const broken = (): never => {
      throw new Error("disk full");
    };
    const logger = { debug: broken, info: broken, warn: broken, error: broken };
    expect(() => guardLogger(logger).error("a")).not.toThrow();
  });

  it("refuses a logger that lacks a level, and names it", () => {
    const quiet = { debug() {}, info() {}, error() {} };
    expect(() => guardLogger(quiet as never)).toThrow("logger.warn is not a function");
    const log = (): void => {};
    expect(() => guardLogger(log as never)).toThrow("logger.debug is not a function");
  });
});
