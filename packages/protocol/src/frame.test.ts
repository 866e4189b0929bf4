import { decodeFrame, encodeFrame } from "@opamp/protocol";
import { describe, expect, it } from "vitest";

const data = Uint8Array.of(0x10, 0x01);
const malformed = expect.objectContaining({ code: "malformed-message" });

describe("encodeFrame", () => {
  it("puts the single byte zero before the message [W-08 W-09]", () => {
    expect(encodeFrame(data)).toEqual(Uint8Array.of(0x00, 0x10, 0x01));
  });

  it("writes an empty message as the header alone [W-13]", () => {
    expect(encodeFrame(new Uint8Array())).toEqual(Uint8Array.of(0x00));
  });
});

describe("decodeFrame", () => {
  it("takes everything after the header as the message [W-12]", () => {
    expect(decodeFrame(Uint8Array.of(0x00, ...data))).toEqual(data);
    expect(decodeFrame(Uint8Array.of(0x00, ...data, 0x00, 0x00))).toHaveLength(4);
  });

  it("reads a frame of the header alone as an empty message [W-13]", () => {
    expect(decodeFrame(Uint8Array.of(0x00))).toHaveLength(0);
  });

  it("finds the end of a zero that is longer than it needs to be [W-11]", () => {
    expect(decodeFrame(Uint8Array.of(0x80, 0x00, ...data))).toEqual(data);
  });

  it("reads a header of up to ten bytes [W-08 W-11]", () => {
    const header = [...Array<number>(9).fill(0x80), 0x00];
    expect(decodeFrame(Uint8Array.from([...header, ...data]))).toEqual(data);
  });

  it("refuses a header of eleven bytes [W-08]", () => {
    const header = [...Array<number>(10).fill(0x80), 0x00];
    expect(() => decodeFrame(Uint8Array.from([...header, ...data]))).toThrow(malformed);
  });

  it.each([
    ["1", [0x01]],
    ["127", [0x7f]],
    ["128, in two bytes", [0x80, 0x01]],
    ["2^63, in ten bytes", [...Array<number>(9).fill(0x80), 0x01]],
    ["2^64-1, in ten bytes", [...Array<number>(9).fill(0xff), 0x01]],
  ])("refuses a header of %s [W-10]", (_, header) => {
    expect(() => decodeFrame(Uint8Array.from([...header, ...data]))).toThrow(malformed);
  });

  it.each([
    ["has no bytes", []],
    ["ends in its header", [0x80]],
    ["ends in the ninth byte of its header", Array<number>(9).fill(0x80)],
  ])("refuses a frame that %s [W-14]", (_, bytes) => {
    expect(() => decodeFrame(Uint8Array.from(bytes))).toThrow(malformed);
  });
});
