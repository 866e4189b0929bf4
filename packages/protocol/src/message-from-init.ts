import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { assertKnownFields } from "./known-fields.ts";

/**
 * Encodes plain data, a message, or a mixture: a message that was read and spread, with some of its
 * fields replaced by plain data. Throws what the protobuf runtime throws.
 */
export function binaryFromInit<S extends DescMessage>(
  schema: S,
  init: object,
): Uint8Array<ArrayBuffer> {
  const message = messageFromInit(schema, init);
  try {
    return toBinary(schema, message);
  } catch {
    // The runtime takes an object that names its type for a message throughout, and fails on the
    // plain data in it. The second error is the better one where both fail.
    return toBinary(schema, messageFromInit(schema, withoutTypeNames(init)));
  }
}

function messageFromInit<S extends DescMessage>(schema: S, init: object): MessageShape<S> {
  assertKnownFields(schema, init);
  return create(schema, init as MessageInitShape<S>);
}

/** Plain data all the way down. */
function withoutTypeNames<T>(value: T): T;
function withoutTypeNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTypeNames);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const fields = Object.entries(value).filter(([name]) => name !== "$typeName");
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutTypeNames(field)]));
}
