import { equalBytes } from "./bytes.ts";
import { OpAMPError } from "./errors.ts";
import type { AnyValue, AnyValueInit, KeyValue, KeyValueInit } from "./messages.ts";

/**
 * A value of one of the eight kinds of AnyValue. A `bigint` and a safe integer `number` are written
 * as a 64-bit integer, any other `number` as a double. Integers beyond 2^53 are read as `bigint`.
 */
export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

/** Attributes as a plain object. */
export type Attributes = { readonly [key: string]: AttributeValue };

/** How deep lists and objects may nest: what the protobuf runtime still reads in a description. */
const MAX_DEPTH = 32;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * The wire form of attributes, sorted by key, so that equal attributes are equal on the wire.
 * Throws `invalid-argument`, naming the attribute, for a value of no kind.
 */
export function keyValuesFromAttributes(attributes: Attributes): readonly KeyValueInit[] {
  return keyValues(attributes, "", 0);
}

/** Attributes as a plain object; of a repeated key, the last value counts (S-56). */
export function attributesFromKeyValues(pairs: readonly KeyValue[]): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  for (const { key, value } of pairs) attributes[key] = attributeValueFromAnyValue(value);
  return attributes;
}

/** The wire form of one value. Throws `invalid-argument` for a value of no kind. */
export function anyValueFromAttributeValue(value: AttributeValue): AnyValueInit {
  return anyValue(value, "value", 0);
}

/** One value as plain data; a missing value and one of an unknown kind are null (S-55). */
export function attributeValueFromAnyValue(any: AnyValue | undefined): AttributeValue {
  const kind = any?.value ?? { case: undefined };
  switch (kind.case) {
    case undefined:
      return null;
    case "intValue":
      return numberIfSafe(kind.value);
    case "arrayValue":
      return kind.value.values.map(attributeValueFromAnyValue);
    case "kvlistValue":
      return attributesFromKeyValues(kind.value.values);
    default:
      return kind.value;
  }
}

/** Whether two sets of attributes are equal, whatever the order of their keys. */
export function equalAttributes(a: Attributes, b: Attributes): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalAttributeValues(a[key], b[key]))
  );
}

/** Whether two values are equal: lists by position, attributes by key, an integer by its value. */
export function equalAttributeValues(
  a: AttributeValue | undefined,
  b: AttributeValue | undefined,
): boolean {
  if (isInteger(a) && isInteger(b)) return BigInt(a) === BigInt(b);
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b);
  }
  if (isList(a) || isList(b)) return isList(a) && isList(b) && equalLists(a, b);
  if (isAttributes(a) && isAttributes(b)) return equalAttributes(a, b);
  return Object.is(a, b);
}

function keyValues(attributes: Attributes, path: string, depth: number): readonly KeyValueInit[] {
  return Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, value: anyValue(value, path + key, depth) }));
}

function anyValue(value: AttributeValue, path: string, depth: number): AnyValueInit {
  switch (typeof value) {
    case "string":
      return { value: { case: "stringValue", value } };
    case "boolean":
      return { value: { case: "boolValue", value } };
    case "bigint":
      if (value < INT64_MIN || value > INT64_MAX) throw invalid(path, "does not fit in 64 bits");
      return { value: { case: "intValue", value } };
    case "number":
      return isInteger(value)
        ? { value: { case: "intValue", value: BigInt(value) } }
        : { value: { case: "doubleValue", value } };
    case "object":
      return objectValue(value, path, depth + 1);
    default:
      throw invalid(path, `is ${typeof value}`);
  }
}

function objectValue(
  value: AttributeValue & (object | null),
  path: string,
  depth: number,
): AnyValueInit {
  if (value === null) return {};
  if (value instanceof Uint8Array) return { value: { case: "bytesValue", value } };
  if (depth > MAX_DEPTH) throw invalid(path, `nests deeper than ${MAX_DEPTH} levels`);
  if (isList(value)) {
    const values = value.map((item, i) => anyValue(item, `${path}[${i}]`, depth));
    return { value: { case: "arrayValue", value: { values } } };
  }
  if (!isPlainObject(value)) throw invalid(path, "is an object with a class of its own");
  return { value: { case: "kvlistValue", value: { values: keyValues(value, `${path}.`, depth) } } };
}

function invalid(path: string, problem: string): OpAMPError {
  return new OpAMPError(
    "invalid-argument",
    `the attribute ${path} ${problem}; expected a string, boolean, number, 64-bit bigint, Uint8Array, null, list or plain object`,
  );
}

function numberIfSafe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function equalLists(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return a.length === b.length && a.every((item, i) => equalAttributeValues(item, b[i]));
}

function isInteger(value: AttributeValue | undefined): value is number | bigint {
  return typeof value === "bigint" || (Number.isSafeInteger(value) && !Object.is(value, -0));
}

function isList(value: AttributeValue | undefined): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

function isAttributes(value: AttributeValue | undefined): value is Attributes {
  return typeof value === "object" && value !== null;
}

function isPlainObject(value: object): value is Attributes {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
