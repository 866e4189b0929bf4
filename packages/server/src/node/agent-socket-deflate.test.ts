import { once } from "node:events";
import { deflateRawSync, inflateRawSync, constants as zlibConstants } from "node:zlib";
import { encodeFrame } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type OverNetwork,
  overNetwork,
  watchForWs,
  written,
} from "../../tests/_util/agent-sockets.ts";
import { clientFrame, compressedFrame } from "../../tests/_util/client-frames.ts";
import { MAX_DEFLATED_BYTES, MAX_INFLATED_BYTES } from "./deflated-messages.ts";

const COMPRESSED_FRAME = 0xc2;
const { Z_SYNC_FLUSH, Z_FIXED, Z_HUFFMAN_ONLY, Z_DEFAULT_STRATEGY } = zlibConstants;

const isOfWs = watchForWs();

/** What the agent sees on the wire. */
function wireOf({ agentWire }: OverNetwork): () => Buffer {
  const chunks: Buffer[] = [];
  agentWire.prependListener("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}

describe("what an agent says compressed", () => {
  it("is read as it was said, however it is compressed and cut [W-22]", async () => {
    const saying = fc.record({
      message: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(2000, 70_000, 200_000).map((length) => new Uint8Array(length).fill(7)),
      ),
      isCompressed: fc.boolean(),
      level: fc.integer({ min: 0, max: 9 }),
      strategy: fc.constantFrom(Z_FIXED, Z_HUFFMAN_ONLY, Z_DEFAULT_STRATEGY),
      windowBits: fc.integer({ min: 9, max: 15 }),
    });
    const sayings = fc.array(saying, { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sayings, fc.integer({ min: 1, max: 70_000 }), async (said, cut) => {
        await using running = await overNetwork(true);
        const { agentWire, recorder } = running;
        const frames = said.map(({ message, isCompressed, ...options }) =>
          isCompressed ? compressedFrame(message, options) : clientFrame(0x82, message),
        );
        const bytes = Buffer.concat(frames);
        const size = Math.max(cut, Math.ceil(bytes.length / 500));
        for (let at = 0; at < bytes.length; at += size) {
          agentWire.write(bytes.subarray(at, at + size));
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        await eventually(() => expect(recorder.messages).toHaveLength(said.length));
        expect(recorder.messages.map((message) => Buffer.from(message))).toEqual(
          said.map(({ message }) => Buffer.from(message)),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("needs no ws, so that nothing is kept of it", async () => {
    await using running = await overNetwork({ threshold: 0 });
    const { agent, recorder } = running;
    expect(agent.extensions).toBe("permessage-deflate");
    for (let count = 1; count <= 20; count += 1) {
      agent.send(new Uint8Array(count * 10).fill(1));
      await eventually(() => expect(recorder.messages).toHaveLength(count));
    }
    expect(isOfWs()).toBe(false);
  });

  it("may end with a final block (RFC 7692, section 7.2.3.4)", async () => {
    await using running = await overNetwork(true);
    const { agentWire, recorder } = running;
    const final = Buffer.concat([deflateRawSync(new Uint8Array(500).fill(3)), Buffer.alloc(1)]);
    agentWire.write(clientFrame(COMPRESSED_FRAME, final));
    await eventually(() => expect(recorder.messages).toHaveLength(1));
    expect(recorder.messages[0]).toEqual(Buffer.alloc(500, 3));
  });

  it.each([
    ["becomes too much", compressedFrame(new Uint8Array(MAX_INFLATED_BYTES + 1))],
    ["takes too much", compressedFrame(randomBytes(MAX_INFLATED_BYTES))],
  ])("is left to ws, which inflates aside, when it %s", async (_, frame) => {
    await using running = await overNetwork(true);
    running.agentWire.write(Buffer.concat([frame, compressedFrame(Uint8Array.of(1))]));
    await eventually(() => expect(running.recorder.messages).toHaveLength(2));
    expect(isOfWs()).toBe(true);
  });

  it("is left to ws with its first bytes when it takes too much: nothing is collected", async () => {
    await using running = await overNetwork(true);
    running.agentWire.write(compressedFrame(randomBytes(MAX_INFLATED_BYTES)).subarray(0, 100));
    await eventually(() => expect(isOfWs()).toBe(true));
  });

  it.each([
    ["large", 5, MAX_INFLATED_BYTES / 4],
    ["tiny", 1000, 1],
  ])("costs a bounded time though many %s messages come at once", async (_, count, length) => {
    await using running = await overNetwork(true);
    const { agentWire, recorder } = running;
    const frame = compressedFrame(new Uint8Array(length));
    let inFirstTurn = 0;
    recorder.onMessage = () => {
      if (!isOfWs()) inFirstTurn += 1;
    };
    agentWire.write(Buffer.concat(Array.from({ length: count }, () => frame)));
    await eventually(() => expect(recorder.messages).toHaveLength(count));
    expect(isOfWs()).toBe(true);
    expect(inFirstTurn).toBeGreaterThan(0);
    expect(inFirstTurn * length).toBeLessThanOrEqual(MAX_INFLATED_BYTES);
    expect(inFirstTurn).toBeLessThan(100);
  });

  it.each([
    ["above the limit", compressedFrame(new Uint8Array(1001)), 1009, 1009],
    ["far above the limit", compressedFrame(new Uint8Array(9_000_000)), 1009, 1009],
    ["no deflate data", clientFrame(COMPRESSED_FRAME, Buffer.alloc(9, 0xff)), 1002, 1007],
  ])("is a violation when it is %s [S-03]", async (_, frame, code, told) => {
    await using running = await overNetwork(true, { maxReceiveBytes: 1000 });
    const closed = once(running.agent, "close");
    running.agentWire.write(frame);
    await eventually(() => expect(running.recorder.events).toEqual([`violated ${code}`]));
    expect((await closed)[0]).toBe(told);
  });
});

describe("what the server says to an agent that takes it compressed", () => {
  it.each([
    ["as usual", {}, 15],
    ["for a small window", { serverMaxWindowBits: 9 }, 9],
  ])("is compressed from 1,024 bytes on, %s, without ws [W-22]", async (_, offer, windowBits) => {
    await using running = await overNetwork(offer);
    const { agent, socket } = running;
    const wire = wireOf(running);
    const heard: Buffer[] = [];
    agent.on("message", (data: Buffer) => heard.push(data));
    // What it ends with was said before the window.
    const message = Buffer.concat([randomBytes(600), new Uint8Array(4000), randomBytes(600)]);
    message.copy(message, message.length - 600, 0, 600);
    await written(socket, message);
    await eventually(() => expect(heard).toHaveLength(1));
    expect(heard).toEqual([Buffer.from(encodeFrame(message))]);
    const frame = wire();
    expect(frame[0]).toBe(COMPRESSED_FRAME);
    expect(frame.length).toBeLessThan(2000);
    const content = Buffer.concat([frame.subarray(4), Buffer.from([0, 0, 0xff, 0xff])]);
    expect(inflateRawSync(content, { windowBits, finishFlush: Z_SYNC_FLUSH })).toEqual(heard[0]);
    expect(isOfWs()).toBe(false);
  });

  it("is left to ws, which compresses aside, when it is long", async () => {
    await using running = await overNetwork(true);
    const { agent, socket } = running;
    const heard = once(agent, "message");
    const message = new Uint8Array(MAX_DEFLATED_BYTES + 1);
    await written(socket, message);
    expect((await heard)[0]).toEqual(Buffer.from(encodeFrame(message)));
    expect(isOfWs()).toBe(true);
  });
});

function randomBytes(length: number): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length)));
}
