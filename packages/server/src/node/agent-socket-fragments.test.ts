import { once } from "node:events";
import { eventually } from "@opamp/test-kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OverNetwork, overNetwork, watchForWs } from "../../tests/_util/agent-sockets.ts";
import { clientFrame, compressed } from "../../tests/_util/client-frames.ts";

const isOfWs = watchForWs();

const FIRST = 0x02;
const FIRST_COMPRESSED = 0x42;
const NEXT = 0x00;
const LAST = 0x80;
const ping: Buffer = clientFrame(0x89, Uint8Array.of(9));

/** A message in frames of so many bytes at most, as opamp-go's agents send what is above 4 KiB. */
function inFragments(payload: Uint8Array, size: number, first = FIRST): Buffer {
  return Buffer.concat(fragments(payload, size, first));
}

function fragments(payload: Uint8Array, size: number, first: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let from = 0; from < payload.length || frames.length < 2; from += size) {
    const isFirst = frames.length === 0;
    const isLast = !isFirst && from + size >= payload.length;
    const start = isFirst ? first : isLast ? LAST : NEXT;
    frames.push(clientFrame(start, payload.subarray(from, from + size)));
  }
  return frames;
}

async function expectMessages({ recorder }: OverNetwork, said: readonly Uint8Array[]) {
  await eventually(() => expect(recorder.messages).toHaveLength(said.length));
  expect(recorder.messages.map((message) => Buffer.from(message))).toEqual(
    said.map((message) => Buffer.from(message)),
  );
}

describe("a message in several frames", () => {
  it("is read as it was said, wherever it is cut, with pings in between", async () => {
    const saying = fc.record({
      message: fc.oneof(
        fc.uint8Array({ minLength: 2, maxLength: 300 }),
        fc.constantFrom(4096, 10_000).map((length) => new Uint8Array(length).fill(length)),
      ),
      size: fc.integer({ min: 100, max: 5000 }),
      isCompressed: fc.boolean(),
      hasPings: fc.boolean(),
    });
    const sayings = fc.array(saying, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sayings, fc.integer({ min: 1, max: 9000 }), async (said, cut) => {
        await using running = await overNetwork(true);
        const bytes = Buffer.concat(
          said.flatMap(({ message, size, isCompressed, hasPings }) => {
            const frames = isCompressed
              ? fragments(compressed(message), size, FIRST_COMPRESSED)
              : fragments(message, size, FIRST);
            return hasPings ? frames.flatMap((frame) => [ping, frame]) : frames;
          }),
        );
        const length = Math.max(cut, Math.ceil(bytes.length / 500));
        for (let at = 0; at < bytes.length; at += length) {
          running.agentWire.write(bytes.subarray(at, at + length));
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        await expectMessages(
          running,
          said.map(({ message }) => message),
        );
        expect(isOfWs()).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it("lets a ping pass that comes before its last frame (RFC 6455, section 5.4)", async () => {
    await using running = await overNetwork();
    const { agent, agentWire } = running;
    const pong = once(agent, "pong");
    agentWire.write(clientFrame(FIRST, Uint8Array.of(1, 2)));
    agentWire.write(ping);
    expect([...(await pong)[0]]).toEqual([9]);
    agentWire.write(clientFrame(LAST, Uint8Array.of(3)));
    await expectMessages(running, [Uint8Array.of(1, 2, 3)]);
    expect(isOfWs()).toBe(false);
  });

  it.each([
    ["is long", inFragments(new Uint8Array(300_000).fill(5), 4096), 300_000],
    ["is in very many", inFragments(new Uint8Array(1000).fill(5), 2), 1000],
    [
      "inflates to much",
      inFragments(compressed(new Uint8Array(300_000).fill(5)), 100, FIRST_COMPRESSED),
      300_000,
    ],
  ])("is left to ws with what came of it, when it %s", async (_, bytes, length) => {
    await using running = await overNetwork(true);
    running.agentWire.write(bytes);
    running.agentWire.write(inFragments(Uint8Array.of(1, 2), 1));
    await expectMessages(running, [new Uint8Array(length).fill(5), Uint8Array.of(1, 2)]);
    expect(isOfWs()).toBe(true);
  });

  it("waits while reading pauses", async () => {
    await using running = await overNetwork();
    const { agentWire, socket, recorder } = running;
    recorder.onMessage = () => socket.pause();
    const whole = clientFrame(0x82, Uint8Array.of(1));
    agentWire.write(Buffer.concat([whole, inFragments(Uint8Array.of(2, 3), 1), whole]));
    await eventually(() => expect(recorder.messages).toHaveLength(1));
    recorder.onMessage = undefined;
    socket.resume();
    await expectMessages(running, [Uint8Array.of(1), Uint8Array.of(2, 3), Uint8Array.of(1)]);
  });

  it("is not taken when the server closes before its last frame", async () => {
    await using running = await overNetwork();
    const { agent, agentWire, socket, recorder, wire } = running;
    agentWire.write(clientFrame(FIRST, new Uint8Array(10)));
    await eventually(() => expect(wire.bytesRead).toBeGreaterThan(0));
    const closed = once(agent, "close");
    socket.close(1001, "");
    expect((await closed)[0]).toBe(1001);
    expect(recorder.messages).toHaveLength(0);
  });

  const begun = clientFrame(FIRST, new Uint8Array(600));
  it.each([
    ["another begins before its last frame", [begun, begun], 1002],
    [
      "a whole one comes before its last frame",
      [begun, clientFrame(0x82, new Uint8Array(1))],
      1002,
    ],
    [
      "a compressed one begins in it",
      [begun, clientFrame(FIRST_COMPRESSED, Buffer.alloc(1))],
      1002,
    ],
    ["nothing has begun", [clientFrame(LAST, new Uint8Array(1))], 1002],
    [
      "one in the middle is marked as compressed",
      [begun, clientFrame(0x40, Buffer.alloc(1))],
      1002,
    ],
    ["a frame has no mask", [begun, Buffer.from([LAST, 1, 0])], 1002],
    ["all are above the limit", [begun, clientFrame(LAST, new Uint8Array(600))], 1009],
  ])("is a violation when %s [S-03]", async (_, frames, code) => {
    await using running = await overNetwork(true, { maxReceiveBytes: 1000 });
    const closed = once(running.agent, "close");
    running.agentWire.write(Buffer.concat(frames));
    await eventually(() => expect(running.recorder.events).toEqual([`violated ${code}`]));
    expect((await closed)[0]).toBe(code);
    expect(running.recorder.messages).toHaveLength(0);
  });
});
