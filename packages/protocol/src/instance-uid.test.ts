import {
  bytesFromInstanceUid,
  createInstanceUid,
  instanceUidFromBytes,
  isInstanceUid,
  parseInstanceUid,
} from "@opamp/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const nil = "00000000-0000-0000-0000-000000000000";
const invalid = expect.objectContaining({ code: "invalid-argument" });
const zeros = (): void => undefined;

describe("createInstanceUid", () => {
  it("sets the version 7 and the variant of RFC 9562, whatever the random bytes [C-33]", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (random) => {
        const uid = createInstanceUid({ fillRandom: (bytes) => bytes.set(random) });
        expect(uid).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  it("writes 48 bits of milliseconds first [C-33]", () => {
    const nowMs = 0x0190_f5a5_91c2;
    const uid = createInstanceUid({ nowMs, fillRandom: zeros });
    expect(uid).toBe("0190f5a5-91c2-7000-8000-000000000000");
  });

  it("sorts by time [C-33]", () => {
    const times = fc.tuple(fc.nat({ max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 40 }));
    fc.assert(
      fc.property(times, ([earlierMs, laterByMs]) => {
        const earlier = createInstanceUid({ nowMs: earlierMs });
        expect(earlier < createInstanceUid({ nowMs: earlierMs + laterByMs })).toBe(true);
      }),
    );
  });

  it("never makes the same uid twice [C-33]", () => {
    const uids = Array.from({ length: 10_000 }, () => createInstanceUid({ nowMs: 1 }));
    expect(new Set(uids).size).toBe(uids.length);
  });
});

describe("parseInstanceUid", () => {
  it("reads any UUID, in either case [C-32]", () => {
    const upper = "0190F5A5-91C2-4B4E-8F2A-3C5D7E9F1B2D";
    expect(isInstanceUid(upper)).toBe(true);
    expect(parseInstanceUid(upper)).toBe(upper.toLowerCase());
  });

  it.each([
    ["the nil UUID", nil],
    ["an empty text", ""],
    ["a UUID without hyphens", "0190f5a591c27b4e8f2a3c5d7e9f1b2d"],
    ["a UUID in braces", "{0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d}"],
    ["a UUID with a line break", "0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d\n"],
    ["a digit that is none", "g190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d"],
    ["a ULID", "01J3TTB4E2FD78YAHWBNZ9Y6SD"],
    ["bytes", new Uint8Array(16).fill(1) as never],
  ])("refuses %s [C-32]", (_, text) => {
    expect(isInstanceUid(text)).toBe(false);
    expect(() => parseInstanceUid(text)).toThrow(invalid);
    expect(() => bytesFromInstanceUid(text)).toThrow(invalid);
  });
});

describe("instanceUidFromBytes", () => {
  it("is undone by bytesFromInstanceUid", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        fc.pre(bytes.some((byte) => byte !== 0));
        expect(bytesFromInstanceUid(instanceUidFromBytes(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([0, 15, 17, 36])("refuses %i bytes and says how many there are [C-32 L-28]", (length) => {
    const bytes = new Uint8Array(length).fill(0x31);
    expect(() => instanceUidFromBytes(bytes)).toThrow(invalid);
    expect(() => instanceUidFromBytes(bytes)).toThrow(String(length));
  });

  it("refuses 16 zeros [C-32]", () => {
    expect(() => instanceUidFromBytes(new Uint8Array(16))).toThrow(invalid);
  });
});
