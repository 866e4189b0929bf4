import {
  type ComponentHealth,
  decodeAgentToServer,
  decodeServerToAgent,
  encodeAgentToServer,
  encodeServerToAgent,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { field, nested, varint } from "../tests/wire-writer.ts";

const malformed = expect.objectContaining({ code: "malformed-message", retryable: false });
const invalid = expect.objectContaining({ code: "invalid-argument" });

describe("64-bit fields", () => {
  it.each([2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n])("keep %i in a bit mask [W-85]", (bits) => {
    const agent = { capabilities: bits, flags: bits, sequenceNum: bits };
    expect(decodeAgentToServer(encodeAgentToServer(agent))).toMatchObject(agent);
    const server = { capabilities: bits, flags: bits };
    expect(decodeServerToAgent(encodeServerToAgent(server))).toMatchObject(server);
  });

  it("keep nanoseconds since the epoch to the last digit, in eight bytes [W-30]", () => {
    const health = { startTimeUnixNano: 1785000000123456789n, statusTimeUnixNano: 2n ** 53n + 1n };
    const bytes = encodeAgentToServer({ health });
    expect([...bytes.subarray(2, 3), bytes.length]).toEqual([0x11, 20]);
    expect(decodeAgentToServer(bytes).health).toMatchObject(health);
  });

  it("refuse what does not fit, as an argument", () => {
    expect(() => encodeAgentToServer({ capabilities: 2n ** 64n })).toThrow(invalid);
    expect(() => encodeAgentToServer({ sequenceNum: -1n })).toThrow(invalid);
  });
});

describe("presence", () => {
  it("leaves a sequence number of zero out of the bytes [W-24]", () => {
    expect(encodeAgentToServer({ sequenceNum: 0n })).toHaveLength(0);
    expect(decodeAgentToServer(new Uint8Array()).sequenceNum).toBe(0n);
  });

  it("tells an empty sub-message from none [W-49 W-54 W-65]", () => {
    const bytes = encodeServerToAgent({ command: {}, errorResponse: {}, customCapabilities: {} });
    expect([...bytes]).toEqual([0x12, 0, 0x4a, 0, 0x52, 0]);
    const message = decodeServerToAgent(bytes);
    expect(message.command?.type).toBe(0);
    expect(message.errorResponse?.type).toBe(0);
    expect(message.customCapabilities?.capabilities).toEqual([]);
    expect(message.remoteConfig).toBeUndefined();
  });

  it("takes fields that are explicitly undefined as not set", () => {
    expect(encodeAgentToServer({ health: undefined })).toHaveLength(0);
  });
});

describe("a message that was read", () => {
  const read = decodeAgentToServer(
    encodeAgentToServer({ sequenceNum: 7n, health: { healthy: true, status: "ok" } }),
  );

  it("can be spread and changed by plain data, at any level", () => {
    const db = { healthy: false, lastError: "no disk" };
    const changed = [
      { ...read, health: { ...read.health, componentHealthMap: { db } } },
      { sequenceNum: 7n, health: { ...read.health, componentHealthMap: { db } } },
    ];
    for (const message of changed) {
      expect(decodeAgentToServer(encodeAgentToServer(message))).toMatchObject({
        sequenceNum: 7n,
        health: { healthy: true, status: "ok", componentHealthMap: { db } },
      });
    }
  });

  it("is refused by the field that does not fit after such a change", () => {
    const health = { ...read.health, startTimeUnixNano: "now" as never };
    expect(() => encodeAgentToServer({ ...read, health })).toThrow(/start_time_unix_nano/);
  });
});

describe("bytes", () => {
  it("are plain arrays also when they were read from a Buffer, so that slice() copies them", () => {
    const buffer = Buffer.from(encodeAgentToServer({ instanceUid: Uint8Array.of(1, 2) }));
    const { instanceUid } = decodeAgentToServer(buffer);
    const copy = instanceUid.slice();
    buffer.fill(0);
    expect(instanceUid).toEqual(Uint8Array.of(0, 0));
    expect(copy).toEqual(Uint8Array.of(1, 2));
  });
});

describe("a newer peer", () => {
  it("may send fields, enum values and groups that are not known yet [W-15 W-76 W-82]", () => {
    const status = [...field(1, [7]), 0x10, 99, ...field(1000, [1, 2])];
    const group = [...varint(1001 * 8 + 3), 0x08, 1, ...varint(1001 * 8 + 4)];
    const bytes = Uint8Array.from([...field(1000, [1]), ...field(7, status), ...group, 0x10, 5]);
    const message = decodeAgentToServer(bytes);
    expect(message.sequenceNum).toBe(5n);
    expect(message.remoteConfigStatus).toMatchObject({ status: 99 });
    expect(message.remoteConfigStatus?.lastRemoteConfigHash).toEqual(Uint8Array.of(7));
    expect(decodeAgentToServer(encodeAgentToServer(message))).toEqual(message);
  });
});

describe("maps", () => {
  it("keep every key, the empty one and __proto__ among them [W-33]", () => {
    const config = JSON.parse('{"":{"role":"a"},"__proto__":{"role":"b"},"7":{"role":"c"}}');
    const bytes = encodeServerToAgent({ remoteConfig: { config: { configMap: config } } });
    const map = decodeServerToAgent(bytes).remoteConfig?.config?.configMap ?? {};
    const roles = Object.entries(map).map(([key, { role }]) => [key, role] as const);
    expect(new Map(roles)).toEqual(
      new Map([
        ["", "a"],
        ["__proto__", "b"],
        ["7", "c"],
      ]),
    );
    expect(({} as Record<string, unknown>).role).toBeUndefined();
  });

  it("take the last entry of a repeated key [W-31]", () => {
    const entry = (role: number): number[] =>
      field(1, [...field(1, [0x61]), ...field(2, field(3, [role]))]);
    const bytes = Uint8Array.from(field(3, field(1, [...entry(0x31), ...entry(0x32)])));
    const map = decodeServerToAgent(bytes).remoteConfig?.config?.configMap;
    expect(Object.entries(map ?? {})).toMatchObject([["a", { role: "2" }]]);
  });
});

describe("depth", () => {
  it("may be 50 levels of component health [W-29]", () => {
    const message = decodeAgentToServer(Uint8Array.from(field(5, [...nested(50, [6, 2])])));
    let health: ComponentHealth | undefined = message.health;
    let levels = 0;
    for (; health?.componentHealthMap[""] !== undefined; levels += 1) {
      health = health.componentHealthMap[""];
    }
    expect(levels).toBe(50);
  });

  it.each([
    ["component health", [...field(5, [...nested(10_000, [6, 2])])]],
    ["attributes", [...field(3, field(1, field(2, [...nested(10_000, [5, 1])])))]],
    ["components", [...field(14, field(1, field(2, [...nested(10_000, [2, 2])])))]],
    [
      "unknown groups",
      Array<number[]>(10_000)
        .fill(varint(1000 * 8 + 3))
        .flat(),
    ],
    ["closed unknown groups", groups(10_000)],
  ])("ends in an error where %s nest 10,000 levels", (_, bytes) => {
    expect(() => decodeAgentToServer(Uint8Array.from(bytes))).toThrow(malformed);
  });
});

function groups(levels: number): number[] {
  const end = varint(1000 * 8 + 4);
  return [...Array<number[]>(levels).fill(varint(1000 * 8 + 3)), ...Array(levels).fill(end)].flat();
}

describe("bytes that are no message", () => {
  it.each<[string, readonly number[]]>([
    ["a field number of zero", [0x00, 0x00]],
    ["a wire type that does not exist", [0x0e]],
    ["an end without a group", varint(1000 * 8 + 4)],
    ["a group that another one ends", [...varint(1000 * 8 + 3), ...varint(1001 * 8 + 4)]],
    ["a group without an end", varint(1000 * 8 + 3)],
    ["a varint of eleven bytes", [0x10, ...Array<number>(10).fill(0xff), 0x01]],
    ["a varint without an end", [0x10, 0x80]],
    ["a tag without a value", [0x0a]],
    ["a length beyond the end", [0x0a, 0x05, 0x01]],
    ["a length of 4 GiB", [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["a fixed value cut short", field(5, [0x11, 1, 2, 3])],
    ["text that is not UTF-8", field(5, field(3, [0xff]))],
    ["a message cut in the middle of a sub-message", field(5, field(3, [0x61])).slice(0, -1)],
    ["a known field of another wire type", [0x12, 0x00]],
    ["a known field of another wire type in a map entry", field(5, field(6, [0x08, 0x00]))],
  ])("are refused: %s", (_, bytes) => {
    expect(() => decodeAgentToServer(Uint8Array.from(bytes))).toThrow(malformed);
  });

  // Without a check, the inner field takes what follows its parent for its own.
  const following = [0x50, 1, 0x50, 1];
  it.each<[string, readonly number[]]>([
    ["a text", [0x2a, 2, 0x1a, 4, ...following]],
    ["a message", [0x1a, 2, 0x0a, 4, ...following]],
    ["an entry of a map", [0x2a, 2, 0x32, 4, ...following]],
    ["a value in an entry of a map", [0x2a, 4, 0x32, 2, 0x12, 4, ...following]],
    ["an unknown field", [0x1a, 3, 0xc2, 0x3e, 4, ...following]],
    ["a varint", [0x2a, 2, 0x08, 0x80, 0x01, ...following]],
    ["a group", [0x1a, 2, 0xc3, 0x3e, ...following, 0xc4, 0x3e]],
  ])("are refused where %s is longer than its parent", (_, bytes) => {
    expect(() => decodeAgentToServer(Uint8Array.from(bytes))).toThrow(malformed);
  });

  it("are refused where they hold more than a million fields", () => {
    const content = new Uint8Array(2 * 1_000_001);
    for (let i = 0; i < content.length; i += 2) content[i] = 0x0a;
    const header = [...varint(3 * 8 + 2), ...varint(content.length)];
    expect(() => decodeAgentToServer(Uint8Array.from([...header, ...content]))).toThrow(malformed);
  });

  it("are refused without a word of what they hold", () => {
    const header = [...Buffer.from("secret")];
    const bytes = Uint8Array.from(
      field(4, field(2, field(2, field(1, field(2, [...header, 0xff]))))),
    );
    const refused = expect.objectContaining({ message: expect.not.stringContaining("secret") });
    expect(() => decodeServerToAgent(bytes)).toThrow(malformed);
    expect(() => decodeServerToAgent(bytes)).toThrow(refused);
    const data = "secret" as unknown as Uint8Array;
    expect(() => encodeAgentToServer({ customMessage: { data } })).toThrow(refused);
  });

  it("are refused by the name of the message, and with the cause", () => {
    const bytes = Uint8Array.of(0x0a, 0x05);
    expect(() => decodeServerToAgent(bytes)).toThrow(
      expect.objectContaining({
        message: "cannot decode ServerToAgent: a field ends outside its message",
        cause: expect.any(RangeError) as unknown,
      }),
    );
  });
});
