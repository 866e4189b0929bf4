import { decodeAgentToServer, encodeAgentToServer } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { contentOfField, fieldNumbers, lengthDelimited, withUnknownField } from "./wire.ts";

const encoded = encodeAgentToServer({
  instanceUid: new Uint8Array(16).fill(1),
  sequenceNum: 300n,
  health: { healthy: true, startTimeUnixNano: 2n ** 60n },
});

describe("fieldNumbers", () => {
  it("lists the fields of a message in order", () => {
    expect(fieldNumbers(encoded)).toEqual([1, 2, 5]);
  });

  it("lists fields of every wire type", () => {
    const fixed = Uint8Array.of(0x09, ...new Uint8Array(8), 0x15, ...new Uint8Array(4));
    expect(fieldNumbers(fixed)).toEqual([1, 2]);
  });

  it("refuses what is not well-formed", () => {
    expect(() => fieldNumbers(Uint8Array.of(0x80))).toThrow("a varint ends");
    expect(() => fieldNumbers(Uint8Array.of(0x0b))).toThrow("wire type 3");
  });
});

describe("withUnknownField", () => {
  it("adds a field that a reader skips", () => {
    expect(fieldNumbers(withUnknownField(encoded))).toEqual([1, 2, 5, 1000]);
    expect(decodeAgentToServer(withUnknownField(encoded)).sequenceNum).toBe(300n);
  });
});

describe("lengthDelimited", () => {
  it("writes a field that the codec reads", () => {
    const uid = new Uint8Array(16).fill(9);
    expect(decodeAgentToServer(lengthDelimited(1, uid)).instanceUid).toEqual(uid);
  });
});

describe("contentOfField", () => {
  it("gives the content of a field, and nothing of one that is not there", () => {
    expect(contentOfField(encoded, 1)).toEqual(new Uint8Array(16).fill(1));
    expect(contentOfField(encoded, 9)).toEqual(new Uint8Array());
  });
});
