import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { encodeServerToAgent } from "./codec.ts";
import { peekInstanceUid } from "./peek.ts";

const instanceUid = Uint8Array.from({ length: 16 }, (_, i) => i + 1);

describe("the instance uid of an encoded message", () => {
  it("is found without decoding what follows it [W-23]", () => {
    const whole = encodeServerToAgent({ instanceUid, capabilities: 5n });
    expect(peekInstanceUid(whole)).toEqual(instanceUid);
    expect(peekInstanceUid(Uint8Array.of(...whole, 0xff))).toEqual(instanceUid);
  });

  it("is found behind other fields, for their order is free [W-23]", () => {
    const bytes = new BinaryWriter()
      .tag(7, 0)
      .uint64(5n)
      .tag(2, 2)
      .string("text")
      .tag(1, 2)
      .bytes(instanceUid)
      .finish();
    expect(peekInstanceUid(bytes)).toEqual(instanceUid);
  });

  it("is empty when there is none", () => {
    expect(peekInstanceUid(encodeServerToAgent({ capabilities: 5n }))).toHaveLength(0);
    expect(peekInstanceUid(new Uint8Array(0))).toHaveLength(0);
  });

  it.each([
    ["a truncated uid", Uint8Array.of(0x0a, 0x10, 1, 2)],
    ["a length beyond everything", Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x0f)],
    ["a field of number 0", Uint8Array.of(0x00, 0x01)],
    ["a varint without end", new Uint8Array(20).fill(0xff)],
    ["a group without end", Uint8Array.of(0x1b, 0x08, 0x01)],
    ["groups in groups in groups", new Uint8Array(100_000).fill(0x1b)],
  ])("is not looked for in %s [L-03]", (_, bytes) => {
    expect(() => peekInstanceUid(bytes)).toThrow(
      expect.objectContaining({ code: "malformed-message" }),
    );
  });
});
