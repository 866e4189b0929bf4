import { type DescField, type DescMessage, equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { generatedMessage } from "./generated-schemas.ts";
import { type Vector, vectors } from "./wire-facts.ts";

const cases = vectors.map((vector, i) => ({ ...vector, title: `${vector.message} (vector ${i})` }));

describe("messages written by another implementation", () => {
  it.each(cases)("decode to their fields: $title [W-15]", (vector) => {
    const schema = generatedMessage(vector.message);
    expect(fieldsOfMessage(schema, decode(vector))).toEqual(vector.fields);
  });

  it.each(cases)("encode to the same message and length: $title [W-15]", (vector) => {
    const schema = generatedMessage(vector.message);
    const message = decode(vector);
    const encoded = toBinary(schema, message);
    expect(encoded).toHaveLength(vector.wire.length / 2);
    expect(equals(schema, fromBinary(schema, encoded), message)).toBe(true);
  });

  it("encode to the same bytes, but for the order of map entries [W-15]", () => {
    const different = cases.filter((vector) => {
      const encoded = toBinary(generatedMessage(vector.message), decode(vector));
      return Buffer.from(encoded).toString("hex") !== vector.wire;
    });
    expect(different.filter((vector) => !hasSeveralMapEntries(vector))).toEqual([]);
  });
});

type Fields = Record<string, unknown>;

function decode(vector: Vector): ReturnType<typeof fromBinary> {
  return fromBinary(generatedMessage(vector.message), Buffer.from(vector.wire, "hex"));
}

function hasSeveralMapEntries(vector: Vector): boolean {
  const mapNames = /_map$|^components$|^packages$|^other_/;
  const visit = (value: unknown): boolean =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(value).some(
      ([name, inner]) => (mapNames.test(name) && Object.keys(inner).length > 1) || visit(inner),
    );
  return visit(vector.fields);
}

/** A message in the notation of the vectors. */
function fieldsOfMessage(schema: DescMessage, message: object): Fields {
  const entries = schema.fields
    .map((field) => [field.name, fieldOfMessage(field, message as Fields)] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

function fieldOfMessage(field: DescField, message: Fields): unknown {
  const value = field.oneof ? valueOfOneof(field, message) : message[field.localName];
  if (value === undefined) return undefined;
  switch (field.fieldKind) {
    case "list":
      return isEmpty(value) ? undefined : (value as unknown[]).map((item) => plain(field, item));
    case "map":
      return isEmpty(value) ? undefined : plainMap(field, value as Fields);
    case "message":
      return plain(field, value);
    default:
      return field.oneof || !isZero(value) ? plain(field, value) : undefined;
  }
}

function valueOfOneof(field: DescField, message: Fields): unknown {
  const oneof = message[field.oneof?.localName ?? ""] as { case?: string; value?: unknown };
  return oneof.case === field.localName ? oneof.value : undefined;
}

function plainMap(field: DescField, map: Fields): Fields {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, plain(field, value)]));
}

function plain(field: DescField, value: unknown): unknown {
  if (field.message !== undefined) return fieldsOfMessage(field.message, value as object);
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  return typeof value === "bigint" ? String(value) : value;
}

function isEmpty(value: unknown): boolean {
  return Object.keys(value as object).length === 0;
}

function isZero(value: unknown): boolean {
  return value instanceof Uint8Array ? value.length === 0 : !value && !Object.is(value, -0);
}
