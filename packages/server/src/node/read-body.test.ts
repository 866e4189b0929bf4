import { Readable } from "node:stream";
import { createFakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { createDeadlines } from "../deadlines.ts";
import type { BodyReader } from "../http/http-request.ts";
import type { NodeRequest } from "./node-types.ts";
import { readBody } from "./read-body.ts";

/** A request whose body has so many chunks, all there at once. */
function requestOf(chunks: readonly Buffer[]): NodeRequest & Readable {
  const body = Readable.from(chunks, { objectMode: false, highWaterMark: 1 });
  return Object.assign(body, { headers: {} }) as unknown as NodeRequest & Readable;
}

function optionsFor(maxBytes: number) {
  const clock = createFakeClock();
  const expire = (reader: BodyReader): void => reader.timedOut();
  return { maxBytes, deadlines: createDeadlines({ clock, delayMs: 1000, expire }) };
}

describe("a body that comes faster than it is read", () => {
  it("is read once in a turn, and whole in the end", async () => {
    const request = requestOf(Array.from({ length: 5 }, () => Buffer.alloc(65_536, 1)));
    const readInTurn: number[] = [];
    request.on("data", () => {
      const turn = readInTurn.length - 1;
      readInTurn[turn] = (readInTurn[turn] ?? 0) + 1;
    });
    let isOver = false;
    const count = (): void => {
      if (isOver) return;
      readInTurn.push(0);
      setImmediate(count);
    };
    count();
    const outcome = await readBody(request, optionsFor(1e6));
    isOver = true;
    expect(outcome).toMatchObject({ kind: "complete", bytes: { length: 5 * 65_536 } });
    expect(Math.max(...readInTurn)).toBe(1);
  });
});
