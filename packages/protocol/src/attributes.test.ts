import {
  type Attributes,
  type AttributeValue,
  anyValueFromAttributeValue,
  attributesFromKeyValues,
  attributeValueFromAnyValue,
  decodeAgentToServer,
  encodeAgentToServer,
  equalAttributes,
  equalAttributeValues,
  keyValuesFromAttributes,
} from "@opamp/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const invalid = expect.objectContaining({ code: "invalid-argument" });

/** Attributes as a peer reads them off the wire. */
function overTheWire(attributes: Attributes): Attributes {
  const identifyingAttributes = keyValuesFromAttributes(attributes);
  const message = decodeAgentToServer(
    encodeAgentToServer({ agentDescription: { identifyingAttributes } }),
  );
  return attributesFromKeyValues(message.agentDescription?.identifyingAttributes ?? []);
}

function valueOverTheWire(value: AttributeValue): AttributeValue | undefined {
  return overTheWire({ value }).value;
}

const scalar = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.boolean(),
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.uint8Array({ maxLength: 8 }),
  fc.constant(null),
);
const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "", "service.name"));
const { attributes } = fc.letrec<{ value: AttributeValue; attributes: Attributes }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    tie("attributes"),
  ),
  attributes: fc
    .uniqueArray(fc.tuple(key, tie("value")), { selector: ([name]) => name, maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
}));

describe("attributes on the wire", () => {
  it.each<[string, AttributeValue, string]>([
    ["a string", "edge é 🚀", "stringValue"],
    ["a boolean", true, "boolValue"],
    ["an integer", 42, "intValue"],
    ["a number with a fraction", 0.1, "doubleValue"],
    ["a list", ["a", 1, null], "arrayValue"],
    ["an object", { a: { b: [true] } }, "kvlistValue"],
    ["bytes", Uint8Array.of(0, 255), "bytesValue"],
  ])("carries %s as its own kind [S-55]", (_, value, kind) => {
    expect(anyValueFromAttributeValue(value).value?.case).toBe(kind);
    expect(valueOverTheWire(value)).toEqual(value);
  });

  it("carries null as a value of no kind [S-55]", () => {
    expect(anyValueFromAttributeValue(null)).toEqual({});
    expect(valueOverTheWire(null)).toBeNull();
  });

  it("reads a missing value as null [S-55]", () => {
    expect(attributeValueFromAnyValue(undefined)).toBeNull();
  });

  it("survives whatever it holds", () => {
    fc.assert(
      fc.property(attributes, (before) => {
        expect(equalAttributes(overTheWire(before), before)).toBe(true);
      }),
    );
  });

  it.each([2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), 1785000000123456789n])(
    "keeps the 64-bit integer %i",
    (value) => {
      expect(valueOverTheWire(value)).toBe(value);
    },
  );

  it("reads integers that a number holds as numbers, and others as bigint", () => {
    expect(valueOverTheWire(7n)).toBe(7);
    expect(valueOverTheWire(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(valueOverTheWire(2n ** 53n)).toBe(2n ** 53n);
  });

  it.each([-0, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 5e-324])(
    "keeps the number %d",
    (value) => {
      expect(valueOverTheWire(value)).toBe(value);
    },
  );

  it("treats keys such as __proto__ like any other, in both directions", () => {
    const before = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as Attributes;
    const after = overTheWire(before);
    expect(Object.keys(after).sort()).toEqual(["__proto__", "constructor"]);
    expect(equalAttributes(after, before)).toBe(true);
    expect(after.polluted).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("takes the last value of a repeated key [S-56]", () => {
    const pairs = [
      ...keyValuesFromAttributes({ a: 1 }),
      ...keyValuesFromAttributes({ b: 2 }),
      ...keyValuesFromAttributes({ a: 3 }),
    ];
    const bytes = encodeAgentToServer({ agentDescription: { identifyingAttributes: pairs } });
    const read = decodeAgentToServer(bytes).agentDescription?.identifyingAttributes ?? [];
    expect(attributesFromKeyValues(read)).toEqual({ a: 3, b: 2 });
  });

  it("writes the same bytes whatever the order of the keys", () => {
    const one = keyValuesFromAttributes({ b: 1, a: { d: 1, c: 2 } });
    expect(one).toEqual(keyValuesFromAttributes({ a: { c: 2, d: 1 }, b: 1 }));
    expect(one.map((pair) => pair.key)).toEqual(["a", "b"]);
  });
});

describe("attributes that cannot be written", () => {
  it.each<[string, unknown, string]>([
    ["undefined", undefined, "service.name is undefined"],
    ["a function", () => 1, "service.name is function"],
    ["a symbol", Symbol("s"), "service.name is symbol"],
    ["a date", new Date(0), "service.name is an object with a class"],
    ["an integer above 64 bits", 2n ** 63n, "service.name does not fit in 64 bits"],
    ["an integer below 64 bits", -(2n ** 63n) - 1n, "service.name does not fit in 64 bits"],
    ["a wrong value inside", { list: [1, undefined] }, "service.name.list[1] is undefined"],
  ])("are refused by their name: %s", (_, value, problem) => {
    const bad = { "service.name": value } as Attributes;
    expect(() => keyValuesFromAttributes(bad)).toThrow(invalid);
    expect(() => keyValuesFromAttributes(bad)).toThrow(problem);
  });

  it("nest 32 levels and no deeper, so that a peer can read what was written", () => {
    const lists = nest(32, (inner) => [inner]);
    const objects = nest(32, (inner) => ({ inner }));
    expect(equalAttributeValues(valueOverTheWire(lists), lists)).toBe(true);
    expect(equalAttributeValues(valueOverTheWire(objects), objects)).toBe(true);
    expect(() => valueOverTheWire([lists])).toThrow(invalid);
    expect(() => valueOverTheWire({ objects })).toThrow(invalid);
  });

  it("end in an error when they hold themselves", () => {
    const cycle: Record<string, AttributeValue> = {};
    cycle.cycle = cycle;
    expect(() => keyValuesFromAttributes(cycle)).toThrow(invalid);
  });
});

/** A value inside `levels` containers, the innermost one empty. */
function nest(levels: number, wrap: (inner: AttributeValue) => AttributeValue): AttributeValue {
  let value: AttributeValue = [];
  for (let level = 1; level < levels; level += 1) value = wrap(value);
  return value;
}

describe("equality", () => {
  it.each<[AttributeValue, AttributeValue]>([
    [1, 1n],
    [Number.NaN, Number.NaN],
    [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    [
      [1, ["a", { b: null }]],
      [1n, ["a", { b: null }]],
    ],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{}, Object.create(null) as Attributes],
  ])("holds for %o and %o", (a, b) => {
    expect(equalAttributeValues(a, b)).toBe(true);
    expect(equalAttributeValues(b, a)).toBe(true);
  });

  it.each<[AttributeValue | undefined, AttributeValue | undefined]>([
    [1, 2],
    [1, "1"],
    [1, true],
    [0, -0],
    [2n ** 53n, 2n ** 53n + 1n],
    [Uint8Array.of(1), Uint8Array.of(2)],
    [Uint8Array.of(1), Uint8Array.of(1, 0)],
    [Uint8Array.of(1), [1]],
    [
      ["a", "b"],
      ["b", "a"],
    ],
    [["a"], ["a", null]],
    [[["a"]], [["b"]]],
    [[], {}],
    [[], null],
    [{}, null],
    [null, undefined],
    [{ a: null }, {}],
    [{ a: null }, { b: null }],
    [{ toString: null }, { a: null }],
  ])("does not hold for %o and %o", (a, b) => {
    expect(equalAttributeValues(a, b)).toBe(false);
    expect(equalAttributeValues(b, a)).toBe(false);
  });
});
