import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentToServerSchema, ServerToAgentSchema } from "../src/gen/opamp/v1/opamp_pb.ts";
import {
  decodeAgentToServer,
  decodeServerToAgent,
  encodeAgentToServer,
  encodeServerToAgent,
} from "../src/index.ts";
import {
  decodeAcknowledgement,
  decodeHeartbeat,
  encodeAcknowledgement,
  encodeHeartbeat,
} from "../src/lean-codec.ts";

const runs = { numRuns: 2000 };
const edges = [0n, 1n, 127n, 128n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n, 2n ** 64n - 1n];
const number = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(...edges));
const uid = fc.uint8Array({ maxLength: 300 });

const heartbeats = fc.record(
  {
    instanceUid: uid,
    sequenceNum: number,
    capabilities: number,
    flags: number,
    health: fc.constant({ healthy: true }),
  },
  { requiredKeys: [] },
);
const answers = fc.record(
  {
    instanceUid: uid,
    capabilities: number,
    flags: number,
    errorResponse: fc.constant({ errorMessage: "no" }),
  },
  { requiredKeys: [] },
);

/** Bytes that nearly are a message: cut, changed, repeated, with more behind them. */
function damaged(messages: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const parts = fc.array(fc.oneof(messages, fc.uint8Array({ maxLength: 4 })), { maxLength: 3 });
  return fc.tuple(parts, fc.nat(), fc.nat(255), fc.nat(1)).map(([all, at, byte, cut]) => {
    const bytes = Uint8Array.from(all.flatMap((part) => [...part]));
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes.subarray(0, bytes.length - cut);
  });
}

describe("the lean codec", () => {
  it("writes what the protobuf runtime writes, to the byte", () => {
    fc.assert(
      fc.property(heartbeats, (message) => {
        const expected = toBinary(AgentToServerSchema, create(AgentToServerSchema, message));
        expect(encodeAgentToServer(message)).toEqual(expected);
        const decoded = fromBinary(AgentToServerSchema, expected);
        expect(encodeAgentToServer(decoded)).toEqual(expected);
      }),
      runs,
    );
    fc.assert(
      fc.property(answers, (message) => {
        const expected = toBinary(ServerToAgentSchema, create(ServerToAgentSchema, message));
        expect(encodeServerToAgent(message)).toEqual(expected);
        const decoded = fromBinary(ServerToAgentSchema, expected);
        expect(encodeServerToAgent(decoded)).toEqual(expected);
      }),
      runs,
    );
  });

  it("reads what the protobuf runtime reads, or leaves it to that", () => {
    const reported = heartbeats.map((message) =>
      toBinary(AgentToServerSchema, create(AgentToServerSchema, message)),
    );
    fc.assert(
      fc.property(fc.oneof(reported, damaged(reported)), (bytes) => {
        const lean = decodeHeartbeat(bytes);
        expect(lean).toEqual(lean && fromBinary(AgentToServerSchema, bytes));
      }),
      runs,
    );
    const answered = answers.map((message) =>
      toBinary(ServerToAgentSchema, create(ServerToAgentSchema, message)),
    );
    fc.assert(
      fc.property(fc.oneof(answered, damaged(answered)), (bytes) => {
        const lean = decodeAcknowledgement(bytes);
        expect(lean).toEqual(lean && fromBinary(ServerToAgentSchema, bytes));
      }),
      runs,
    );
  });

  it("is what heartbeats and their answers go through, and nothing else", () => {
    const instanceUid = new Uint8Array(16).fill(7);
    const heartbeat = { instanceUid, sequenceNum: 70_000n, capabilities: 0x2003n };
    const bytes = encodeHeartbeat(heartbeat);
    expect(decodeHeartbeat(bytes ?? instanceUid)).toMatchObject(heartbeat);
    expect(encodeHeartbeat({ ...heartbeat, flags: 1n })).toBeUndefined();
    expect(encodeHeartbeat({ ...heartbeat, agentDisconnect: {} })).toBeUndefined();

    const answer = { instanceUid, capabilities: 0x7n };
    const answerBytes = encodeAcknowledgement(answer);
    expect(decodeAcknowledgement(answerBytes ?? instanceUid)).toMatchObject(answer);
    expect(encodeAcknowledgement({ ...answer, flags: 1n })).toBeUndefined();
    expect(encodeAcknowledgement({ instanceUid, packagesAvailable: {} })).toBeUndefined();
  });

  it("keeps the fields of a newer peer, which the runtime knows how to", () => {
    const unknown = Uint8Array.of(0x0a, 1, 7, 0xf8, 0x7f, 1);
    for (const decode of [decodeAgentToServer, decodeServerToAgent]) {
      expect(decode(unknown)).toHaveProperty("$unknown");
    }
    expect(encodeAgentToServer(decodeAgentToServer(unknown))).toEqual(unknown);
    expect(encodeServerToAgent(decodeServerToAgent(unknown))).toEqual(unknown);
  });

  it.each([null, undefined, { instanceUid: "text" }, { capabilities: -1n }])(
    "refuses %o like any other message that does not fit",
    (message) => {
      const invalid = expect.objectContaining({ code: "invalid-argument" });
      expect(() => encodeAgentToServer(message as never)).toThrow(invalid);
      expect(() => encodeServerToAgent(message as never)).toThrow(invalid);
    },
  );
});
