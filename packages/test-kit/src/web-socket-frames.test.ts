import { deflateRawSync, inflateRawSync, constants as zlib } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeServerFrame, encodeClientFrames, Opcode } from "./web-socket-frames.ts";

const SYNC = { finishFlush: zlib.Z_SYNC_FLUSH };
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);

/** The payload of a masked frame, as a server reads it. */
function unmasked(frame: Buffer, headerBytes: number): Buffer {
  const mask = frame.subarray(headerBytes, headerBytes + 4);
  return Buffer.from(frame.subarray(headerBytes + 4).map((byte, i) => byte ^ (mask[i & 3] ?? 0)));
}

describe("encodeClientFrames", () => {
  it.each([
    { bytes: 125, header: [0x82, 0x80 | 125] },
    { bytes: 126, header: [0x82, 0x80 | 126, 0, 126] },
    { bytes: 4096, header: [0x82, 0x80 | 126, 16, 0] },
  ])("masks $bytes bytes behind a header of their length", ({ bytes, header }) => {
    const payload = Buffer.alloc(bytes, "abc");
    const frame = encodeClientFrames({ opcode: Opcode.Binary, payload });
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(unmasked(frame, header.length).equals(payload)).toBe(true);
  });

  it("cuts what is above 4 KiB, as opamp-go's agents do", () => {
    const payload = Buffer.alloc(8193, "abc");
    const frames = encodeClientFrames({ opcode: Opcode.Binary, payload });
    const [first, second, last] = [
      frames.subarray(0, 4104),
      frames.subarray(4104, 8208),
      frames.subarray(8208),
    ];
    expect([...first.subarray(0, 4)]).toEqual([0x02, 0x80 | 126, 16, 0]);
    expect([...second.subarray(0, 4)]).toEqual([0x00, 0x80 | 126, 16, 0]);
    expect([...last.subarray(0, 2)]).toEqual([0x80, 0x80 | 1]);
    const parts = [unmasked(first, 4), unmasked(second, 4), unmasked(last, 2)];
    expect(Buffer.concat(parts).equals(payload)).toBe(true);
  });

  it("compresses a message and says so", () => {
    const payload = Buffer.from("a heartbeat");
    const frame = encodeClientFrames({ opcode: Opcode.Binary, payload, compressed: true });
    expect(frame[0]).toBe(0xc2);
    expect(inflateRawSync(Buffer.concat([unmasked(frame, 2), TAIL]), SYNC)).toEqual(payload);
  });
});

describe("decodeServerFrame", () => {
  it.each([
    { bytes: 5, header: [0x82, 5] },
    { bytes: 300, header: [0x82, 126, 1, 44] },
    { bytes: 65_536, header: [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0] },
  ])("reads a frame of $bytes bytes once it is complete", ({ bytes, header }) => {
    const payload = Buffer.alloc(bytes, "x");
    const data = Buffer.concat([Buffer.from("before"), Buffer.from(header), payload]);
    expect(decodeServerFrame(data.subarray(0, -1), 6)).toBeUndefined();
    expect(decodeServerFrame(data.subarray(0, 7), 6)).toBeUndefined();
    const frame = decodeServerFrame(data, 6);
    expect(frame).toMatchObject({ opcode: Opcode.Binary, end: data.length });
    expect(frame?.payload.equals(payload)).toBe(true);
  });

  it("inflates a compressed message", () => {
    const deflated = deflateRawSync("an answer", SYNC).subarray(0, -TAIL.length);
    const data = Buffer.concat([Buffer.from([0xc2, deflated.length]), deflated]);
    expect(String(decodeServerFrame(data, 0)?.payload)).toBe("an answer");
  });
});
