import { type Duplex, duplexPair } from "node:stream";
import { encodeFrame } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { overNetwork, Recorder, watchForWs, written } from "../../tests/_util/agent-sockets.ts";
import { clientFrame } from "../../tests/_util/client-frames.ts";
import { AgentSocket } from "./agent-socket.ts";

const isOfWs = watchForWs();

const open: Duplex[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

interface OverStream {
  readonly agent: Duplex;
  readonly socket: AgentSocket;
  readonly recorder: Recorder;
  readonly written: () => Buffer;
}

const wsDefaults = { autoPong: true, maxPendingAutoPongs: 60, closeTimeout: 5000 };

/** A WebSocket whose agent is the other end of a stream. */
function overStream(maxPayload = 1_000_000): OverStream {
  const [agent, ours] = duplexPair();
  open.push(agent, ours);
  const options = { maxPayload, ...wsDefaults };
  const socket = new AgentSocket({ socket: ours, head: Buffer.alloc(0), options });
  const recorder = new Recorder();
  socket.listen(recorder);
  const chunks: Buffer[] = [];
  agent.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => agent.end());
  return { agent, socket, recorder, written: () => Buffer.concat(chunks) };
}

const kinds = fc.constantFrom("whole", "in fragments", "ping", "pong");
const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 140 }),
  fc.constantFrom(125, 126, 65_535, 65_536).map((length) => new Uint8Array(length).fill(length)),
);
const sayings = fc.array(fc.record({ kind: kinds, payload: payloads }), { maxLength: 8 });
type Saying = { readonly kind: string; readonly payload: Uint8Array };

function framesOf({ kind, payload }: Saying): Buffer {
  const half = payload.length >> 1;
  switch (kind) {
    case "in fragments":
      return Buffer.concat([
        clientFrame(0x02, payload.subarray(0, half)),
        clientFrame(0x80, payload.subarray(half)),
      ]);
    case "whole":
      return clientFrame(0x82, payload);
    default:
      return clientFrame(kind === "ping" ? 0x89 : 0x8a, payload.subarray(0, 125));
  }
}

/** Cuts bytes into pieces of the given lengths, over and over; into 2,000 pieces at most. */
function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  const least = bytes.length / 2000;
  for (let from = 0, i = 0; from < bytes.length; i += 1) {
    const length = Math.ceil(Math.max(least, lengths[i % lengths.length] ?? 0));
    yield bytes.subarray(from, from + length);
    from += length;
  }
}

const closeFrame: Buffer = clientFrame(0x88, Buffer.from([0x03, 0xe8]));

describe("what an agent says", () => {
  it("is read as it was said, however the bytes are cut", async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sayings, lengths, async (said, cuts) => {
        const { agent, recorder, written } = overStream();
        const bytes = Buffer.concat([...said.map(framesOf), closeFrame]);
        for (const piece of cut(bytes, cuts)) agent.write(piece);
        expect(await recorder.ended.promise).toBe(1000);
        expect(recorder.messages.map((message) => Buffer.from(message))).toEqual(
          said
            .filter(({ kind }) => kind === "whole" || kind === "in fragments")
            .map(({ payload }) => Buffer.from(payload)),
        );
        expect(recorder.events).toEqual(
          said.filter(({ kind }) => kind === "pong").map(({ kind }) => kind),
        );
        const pings = said.filter(({ kind }) => kind === "ping");
        const pongs = pings.map(({ payload }) => {
          const content = payload.subarray(0, 125);
          return Buffer.concat([Buffer.from([0x8a, content.length]), content]);
        });
        expect(written()).toEqual(Buffer.concat([...pongs, Buffer.from([0x88, 2, 0x03, 0xe8])]));
      }),
      { numRuns: 60 },
    );
  });

  it("stays as it was while more is read", async () => {
    await using running = await overNetwork();
    const { agent, recorder } = running;
    const said = Array.from({ length: 300 }, (_, i) => new Uint8Array(1 + (i % 200)).fill(i));
    for (const message of said) {
      agent.send(message);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await eventually(() => expect(recorder.messages).toHaveLength(said.length));
    expect(recorder.messages.map((message) => [...message])).toEqual(
      said.map((message) => [...message]),
    );
  });

  it("is read when its header comes in pieces, whatever was read before", async () => {
    await using running = await overNetwork();
    const { agent, agentWire, wire, recorder } = running;
    // Where the length of the next frame would be, it leaves a long one.
    agent.send(new Uint8Array(300));
    await eventually(() => expect(recorder.messages).toHaveLength(1));
    const isRead = wire.bytesRead + 1;
    const frame = clientFrame(0x82, new Uint8Array(5));
    agentWire.write(frame.subarray(0, 1));
    await eventually(() => expect(wire.bytesRead).toBe(isRead));
    agentWire.write(frame.subarray(1));
    await eventually(() => expect(recorder.messages).toHaveLength(2));
  });

  it("is read on by ws when a listener closes in the middle of it", async () => {
    const { agent, socket, recorder, written } = overStream();
    recorder.onMessage = () => socket.close(1001, "");
    const message = clientFrame(0x82, new Uint8Array(5));
    agent.write(Buffer.concat([message, clientFrame(0x88, Buffer.from([0x03, 0xe9]))]));
    expect(await recorder.ended.promise).toBe(1001);
    expect(recorder.messages).toHaveLength(1);
    expect(written()).toEqual(Buffer.from([0x88, 2, 0x03, 0xe9]));
  });

  const long = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);

  it("needs no ws when it is long, up to the limit", async () => {
    const { agent, recorder } = overStream(long.length);
    const bytes = clientFrame(0x82, long);
    agent.write(bytes.subarray(0, 50_001));
    agent.write(bytes.subarray(50_001));
    await eventually(() => expect(recorder.messages).toHaveLength(1));
    expect(Buffer.from(recorder.messages[0] ?? [])).toEqual(Buffer.from(long));
    expect(isOfWs()).toBe(false);
  });

  it("is read on by ws when the server closes in the middle of a long message", async () => {
    const { agent, socket, recorder } = overStream();
    const bytes = clientFrame(0x82, long);
    agent.write(bytes.subarray(0, 50_001));
    await new Promise<void>((resolve) => setImmediate(resolve));
    socket.close(1001, "");
    agent.write(Buffer.concat([bytes.subarray(50_001), closeFrame]));
    expect(await recorder.ended.promise).toBe(1000);
    expect(recorder.messages.map((message) => Buffer.from(message))).toEqual([Buffer.from(long)]);
  });

  it("is read on by ws when a long message comes in thousands of pieces", async () => {
    const { agent, recorder } = overStream();
    const bytes = Buffer.concat([clientFrame(0x82, long), closeFrame]);
    for (let at = 0; at < bytes.length; at += 33) agent.write(bytes.subarray(at, at + 33));
    expect(await recorder.ended.promise).toBe(1000);
    expect(recorder.messages.map((message) => Buffer.from(message))).toEqual([Buffer.from(long)]);
  });

  it("waits behind a long message while reading pauses", async () => {
    const { agent, socket, recorder } = overStream();
    recorder.onMessage = () => socket.pause();
    const short = clientFrame(0x82, Uint8Array.of(1));
    const bytes = Buffer.concat([clientFrame(0x82, long), short, short]);
    agent.write(bytes.subarray(0, 20));
    agent.write(bytes.subarray(20));
    await eventually(() => expect(recorder.messages).toHaveLength(1));
    socket.resume();
    expect(recorder.messages).toHaveLength(2);
    socket.resume();
    expect(recorder.messages.map(({ length }) => length)).toEqual([100_000, 1, 1]);
  });

  it("waits while reading pauses, also for ws", async () => {
    const { agent, socket, recorder } = overStream();
    const text = clientFrame(0x81, Buffer.from("text"));
    recorder.onMessage = () => socket.pause();
    agent.write(clientFrame(0x82, new Uint8Array(1)));
    await eventually(() => expect(recorder.messages).toHaveLength(1));
    agent.write(text);
    agent.write(clientFrame(0x82, new Uint8Array(2)));
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(recorder.messages).toHaveLength(1);
    recorder.onMessage = undefined;
    socket.resume();
    await eventually(() => expect(recorder.messages).toHaveLength(3));
    expect(recorder.events).toEqual(["text"]);
  });

  it("ends with the code of a close frame that was not read before the socket was gone", async () => {
    const { agent, socket, recorder } = overStream();
    socket.pause();
    agent.write(Buffer.concat([clientFrame(0x82, new Uint8Array(3)), closeFrame]));
    await new Promise<void>((resolve) => setImmediate(resolve));
    socket.terminate();
    expect(await recorder.ended.promise).toBe(1000);
    expect(recorder.messages).toHaveLength(1);
  });

  it.each([
    ["without a mask", Buffer.from([0x82, 1, 0]), 1002],
    ["with a reserved bit", clientFrame(0xa2, new Uint8Array(1)), 1002],
    ["compressed, which was not agreed on", clientFrame(0xc2, new Uint8Array(1)), 1002],
    ["in a ping of 126 bytes", clientFrame(0x89, new Uint8Array(126)), 1002],
    ["above the limit", clientFrame(0x82, new Uint8Array(1001)), 1009],
    ["of 2 to the 63 bytes", Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]), 1009],
  ])("is a violation %s", async (_, bytes, code) => {
    const { agent, recorder, written } = overStream(1000);
    agent.write(bytes);
    await eventually(() => expect(written()).toHaveLength(4));
    expect(recorder.events).toEqual([`violated ${code}`]);
    expect(written()).toEqual(Buffer.from([0x88, 2, code >> 8, code & 0xff]));
  });
});

describe("what the server says", () => {
  it.each([false, true])(
    "is understood by ws at any length, compression %s [W-08 W-09]",
    async (compression) => {
      await using running = await overNetwork(compression);
      const { agent, socket } = running;
      const heard: Buffer[] = [];
      agent.on("message", (data: Buffer) => heard.push(data));
      const lengths = [0, 1, 123, 124, 125, 126, 1022, 1023, 1024, 1025, 65_534, 65_535, 65_536, 3];
      const said = lengths.map((length) => new Uint8Array(length).fill(length));
      for (const message of said) await written(socket, message);
      await eventually(() => expect(heard).toHaveLength(said.length));
      expect(heard).toEqual(said.map((message) => Buffer.from(encodeFrame(message))));
    },
  );

  it("is reported as written once an agent that was slow has read it", async () => {
    const [agent, ours] = duplexPair({ highWaterMark: 10 });
    const options = { maxPayload: 1000 };
    const socket = new AgentSocket({ socket: ours, head: Buffer.alloc(0), options });
    socket.listen(new Recorder());
    const isWritten = written(socket, new Uint8Array(100));
    agent.resume();
    await expect(isWritten).resolves.toBeUndefined();
    agent.destroy();
    ours.destroy();
  });

  it("is reported as lost when the agent has ended the connection", async () => {
    const { agent, socket, recorder } = overStream();
    agent.end();
    expect(await recorder.ended.promise).toBe(1006);
    await expect(written(socket, new Uint8Array(1))).rejects.toThrow("the agent has ended");
  });
});

describe("an answer that is written soon", () => {
  const answer = (byte: number): Uint8Array => Uint8Array.of(byte);
  const framed = (byte: number): number[] => [0x82, 2, 0, byte];

  it("comes at the end of the turn, and before whatever is written later", async () => {
    const { socket, written: all } = overStream();
    expect(socket.writeSoon(answer(1))).toBe(true);
    expect(socket.writeSoon(answer(2))).toBe(false);
    await written(socket, answer(2));
    expect(socket.writeSoon(answer(3))).toBe(true);
    socket.ping();
    await written(socket, answer(4));
    const first = [...framed(1), ...framed(2), ...framed(3)];
    await eventually(() => expect([...all()]).toEqual([...first, 0x89, 0, ...framed(4)]));
  });

  it.each([
    ["the server closes", ({ socket }: OverStream) => socket.close(1000, "")],
    ["the agent ends the connection", ({ agent }: OverStream) => void agent.end()],
    ["the agent says what is left to ws", ({ agent }: OverStream) => void agent.write(closeFrame)],
  ])("is written though %s in that turn", async (_, end) => {
    const pair = overStream();
    pair.recorder.onMessage = () => {
      expect(pair.socket.writeSoon(answer(7))).toBe(true);
      end(pair);
    };
    pair.agent.write(clientFrame(0x82, new Uint8Array(1)));
    await eventually(() => expect([...pair.written()].slice(0, 4)).toEqual(framed(7)));
  });

  it("is not taken when it is long, or when the agent reads slowly", () => {
    const { socket } = overStream();
    expect(socket.writeSoon(new Uint8Array(2000))).toBe(false);
    socket.write(new Uint8Array(1_000_000), { written: () => undefined });
    expect(socket.writeSoon(answer(1))).toBe(false);
  });

  it("is one of any number", async () => {
    const pairs = Array.from({ length: 600 }, () => overStream());
    for (const { socket } of pairs) expect(socket.writeSoon(answer(9))).toBe(true);
    for (const pair of pairs) {
      await eventually(() => expect([...pair.written()]).toEqual(framed(9)));
    }
  });
});

describe("while reading pauses", () => {
  it("what was read already waits, in order, also for the end", async () => {
    const { agent, socket, recorder } = overStream();
    recorder.onMessage = () => socket.pause();
    agent.write(Buffer.concat([1, 2, 3, 4].map((i) => clientFrame(0x82, Uint8Array.of(i)))));
    await eventually(() => expect(recorder.messages).toHaveLength(1));
    socket.resume();
    expect(recorder.messages).toHaveLength(2);
    agent.end();
    agent.destroy();
    socket.terminate();
    await recorder.ended.promise;
    expect(recorder.messages.map(([byte]) => byte)).toEqual([1, 2, 3, 4]);
  });

  it("what was read already is left to ws when the server closes", async () => {
    const { agent, socket, recorder, written } = overStream();
    recorder.onMessage = () => socket.pause();
    agent.write(Buffer.concat([clientFrame(0x82, Uint8Array.of(1)), closeFrame]));
    await eventually(() => expect(recorder.messages).toHaveLength(1));
    socket.close(1001, "");
    socket.resume();
    await recorder.ended.promise;
    expect([...written()]).toEqual([0x88, 2, 0x03, 0xe9]);
  });
});

it.each([
  ["whole messages", Buffer.alloc(0)],
  ["what ws reads", clientFrame(0x81, Buffer.from("text"))],
])("an agent that pours %s is read once in a turn of the event loop", async (_, first) => {
  await using running = await overNetwork();
  const { agentWire, socket, recorder } = running;
  socket.pause();
  const count = 64;
  const message = clientFrame(0x82, new Uint8Array(16_000));
  const all = Buffer.concat([first, ...Array.from({ length: count }, () => message)]);
  await new Promise((resolve) => agentWire.write(all, resolve));
  const turns = new Set<number>();
  let turn = 0;
  const next = (): void => {
    turn += 1;
    if (recorder.messages.length < count) setImmediate(next);
  };
  recorder.onMessage = () => turns.add(turn);
  next();
  socket.resume();
  await eventually(() => expect(recorder.messages.length).toBeGreaterThanOrEqual(count));
  expect(turns.size).toBeGreaterThan(all.length / 65_536 / 2);
});

it("pings go out, and are answered", async () => {
  await using running = await overNetwork();
  running.socket.ping();
  await eventually(() => expect(running.recorder.events).toEqual(["pong"]));
});
