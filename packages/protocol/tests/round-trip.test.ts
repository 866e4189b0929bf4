import {
  decodeAgentToServer,
  decodeFrame,
  decodeServerToAgent,
  encodeAgentToServer,
  encodeFrame,
  encodeServerToAgent,
  OpAMPError,
} from "@opamp/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryMessage } from "./arbitrary-message.ts";
import { generatedMessage } from "./generated-schemas.ts";

const directions = [
  { name: "AgentToServer", encode: encodeAgentToServer, decode: decodeAgentToServer },
  { name: "ServerToAgent", encode: encodeServerToAgent, decode: decodeServerToAgent },
] as const;

describe.each(directions)("$name", ({ name, encode, decode }) => {
  const message = arbitraryMessage(generatedMessage(name));

  it("survives the wire, unknown fields at each level included [W-15 W-76 W-82]", () => {
    fc.assert(
      fc.property(message, (before) => {
        const bytes = encode(before);
        const after = decode(bytes);
        expect(after).toEqual(before);
        expect(encode(after)).toEqual(bytes);
      }),
    );
  });

  it("survives a frame [W-12]", () => {
    fc.assert(
      fc.property(message, (before) => {
        const bytes = encode(before);
        expect(decodeFrame(encodeFrame(bytes))).toEqual(bytes);
      }),
      { numRuns: 20 },
    );
  });

  it("is what any bytes decode to, or they are refused as malformed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect([undefined, "malformed-message"]).toContain(
          codeThrownBy(() => encode(decode(bytes))),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("is what any damaged message decodes to, or it is refused as malformed", () => {
    const damage = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), cut: fc.nat() });
    fc.assert(
      fc.property(message, damage, (before, { at, byte, cut }) => {
        const bytes = encode(before);
        fc.pre(bytes.length > 0);
        bytes[at % bytes.length] = byte;
        expect([undefined, "malformed-message"]).toContain(
          codeThrownBy(() => encode(decode(bytes))),
        );
        expect([undefined, "malformed-message"]).toContain(
          codeThrownBy(() => encode(decode(bytes.subarray(0, cut % bytes.length)))),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("a frame", () => {
  it("holds bytes, or is refused as malformed, whatever it is [W-10 W-14]", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (frame) => {
        expect([undefined, "malformed-message"]).toContain(codeThrownBy(() => decodeFrame(frame)));
      }),
    );
  });
});

/** The code of the error that a call ends in, undefined for none; any other error as it is. */
function codeThrownBy(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (thrown) {
    return thrown instanceof OpAMPError ? thrown.code : thrown;
  }
}
