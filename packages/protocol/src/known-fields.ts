import type { DescField, DescMessage } from "@bufbuild/protobuf";

/**
 * Throws for a member that no field of the message is named by, such as a misspelt one, at any depth.
 * What was decoded has none. An object of a class may hold more than a message.
 */
export function assertKnownFields(schema: DescMessage, init: unknown): void {
  if (!isPlain(init) || Object.hasOwn(init, "$typeName")) return;
  for (const name in init) {
    const value = init[name];
    if (value === undefined || name === "$unknown") continue;
    const field = Object.hasOwn(schema.field, name) ? schema.field[name] : undefined;
    // The fields of a group of which one is set are no members, the group is.
    if (field !== undefined && field.oneof === undefined) assertKnownWithin(field, value);
    else if (!schema.oneofs.some(({ localName }) => localName === name))
      throw unknown(schema, name);
  }
}

function assertKnownWithin({ fieldKind, message }: DescField, value: unknown): void {
  if (message === undefined) return;
  if (fieldKind === "message") assertKnownFields(message, value);
  else if (Array.isArray(value)) for (const item of value) assertKnownFields(message, item);
  else if (isPlain(value)) for (const key in value) assertKnownFields(message, value[key]);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null;
  return isObject && Object.getPrototypeOf(value) === Object.prototype;
}

function unknown({ name: message, members }: DescMessage, name: string): TypeError {
  const known = members.map(({ localName }) => localName).join(", ");
  return new TypeError(`${name} is not a field of ${message}; known are ${known}`);
}
