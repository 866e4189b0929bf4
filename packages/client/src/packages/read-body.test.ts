import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { readBody } from "./read-body.ts";

/** A body whose chunks are made of what a socket reads. */
async function read(inputs: readonly Buffer[], chunksOf: (input: Buffer) => readonly Buffer[]) {
  const socket = new PassThrough();
  const body = Object.assign(new PassThrough({ objectMode: true }), { socket });
  const lengths: number[] = [];
  const reading = readBody(body as unknown as IncomingMessage, true);
  const next = reading.next();
  for (const input of inputs) {
    socket.emit("data", input);
    for (const chunk of chunksOf(input)) body.write(chunk);
  }
  body.end();
  for (let result = await next; !result.done; result = await reading.next()) {
    lengths.push(result.value.length);
  }
  return { lengths, freed: inputs.map(({ length }) => length === 0) };
}

const inputs = (): Buffer[] =>
  [100, 200, 300].map((length) => Buffer.from(new ArrayBuffer(length)));

it("frees what was read once it was copied", async () => {
  const { lengths, freed } = await read(inputs(), (input) => [
    Buffer.from(new Uint8Array(input).buffer),
  ]);
  expect({ lengths, freed }).toEqual({ lengths: [100, 200, 300], freed: [true, true, true] });
});

it.each<[string, (input: Buffer) => readonly Buffer[], readonly number[]]>([
  ["the same memory", (input) => [input], [100, 200, 300]],
  [
    "parts of the same memory",
    (input) => [input.subarray(0, 40), input.subarray(40)],
    [40, 60, 40, 160, 40, 260],
  ],
])("frees nothing where chunks are %s", async (_, chunksOf, expected) => {
  const { lengths, freed } = await read(inputs(), chunksOf);
  expect({ lengths, freed }).toEqual({ lengths: expected, freed: [false, false, false] });
});
