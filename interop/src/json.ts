/**
 * A message in the JSON mapping of proto3, enums as numbers: `bigint` and bytes are strings, a
 * oneof is its chosen member, a field with its default value is absent.
 */
export type MessageJson<T> = T extends bigint | Uint8Array
  ? string
  : T extends readonly (infer U)[]
    ? readonly MessageJson<U>[]
    : T extends object
      ? { readonly [K in keyof T as Exclude<K, "$typeName" | "$unknown">]?: MessageJson<T[K]> }
      : T;

/** A message read or to be written as proto3 JSON. Needs no schema, so it keeps defaults given in plain data. */
export function jsonFromMessage<T extends object>(message: T): MessageJson<T> {
  return jsonFromObject(message) as MessageJson<T>;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function jsonFromObject(object: object): Record<string, unknown> {
  const isMessage = "$typeName" in object;
  const json: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    if (name.startsWith("$") || value === undefined) continue;
    if (isOneof(value)) {
      if (value.case !== undefined) json[value.case] = jsonFromValue(value.value);
    } else if (!(isMessage && isDefault(value))) {
      json[name] = jsonFromValue(value);
    }
  }
  return json;
}

function jsonFromValue(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map(jsonFromValue);
  if (typeof value === "object" && value !== null) return jsonFromObject(value);
  return value;
}

interface Oneof {
  readonly case: string | undefined;
  readonly value?: unknown;
}

function isOneof(value: unknown): value is Oneof {
  return typeof value === "object" && value !== null && "case" in value;
}

/** A message of its own is present even when it is empty; anything else that is empty is not. */
function isDefault(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  if (value instanceof Uint8Array) return value.length === 0;
  return !("$typeName" in value) && Object.keys(value).length === 0;
}
