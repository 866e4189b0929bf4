import { Console } from "node:console";
import { Writable } from "node:stream";
import { type Logger, silentLogger } from "@opamp/protocol";
import pino from "pino";
import { describe, expect, expectTypeOf, it } from "vitest";
import winston from "winston";

function collector(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}

/** Uses a logger as this project does. */
function logAll(logger: Logger): void {
  for (const level of ["debug", "info", "warn", "error"] as const) logger[level](`a ${level} line`);
}

const allLines = /a debug line.*a info line.*a warn line.*a error line/s;

describe("Logger", () => {
  it("is satisfied by console, pino and winston as they are", () => {
    expectTypeOf(console).toExtend<Logger>();
    expectTypeOf(pino()).toExtend<Logger>();
    expectTypeOf(winston.createLogger()).toExtend<Logger>();
  });

  it("writes to a console", () => {
    const { stream, text } = collector();
    logAll(new Console(stream, stream));
    expect(text()).toMatch(allLines);
  });

  it("writes to pino", () => {
    const { stream, text } = collector();
    logAll(pino({ level: "debug" }, stream));
    expect(text()).toMatch(allLines);
  });

  it("writes to winston", () => {
    const { stream, text } = collector();
    const transports = [new winston.transports.Stream({ stream })];
    logAll(winston.createLogger({ level: "debug", transports }));
    expect(text()).toMatch(allLines);
  });

  it("may write nothing", () => {
    expect(() => logAll(silentLogger)).not.toThrow();
  });
});
