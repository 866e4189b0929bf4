import { create, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

type Fields = Record<string, unknown>;

/** Any message of a schema, with unknown fields of a newer peer at each level. */
export function arbitraryMessage(schema: DescMessage, depth = 4): fc.Arbitrary<object> {
  const fields = schema.fields
    .filter((field) => depth > 0 || field.message === undefined)
    .map((field) => arbitraryField(field, depth));
  const chosen = fields.length === 0 ? fc.constant([]) : fc.shuffledSubarray(fields);
  return chosen
    .chain((some) => fc.tuple(...some))
    .chain((parts) => fc.tuple(fc.constant(parts), arbitraryUnknownFields))
    .map(([parts, unknown]) => {
      const message = create(schema, Object.assign({}, ...parts));
      return unknown.length === 0 ? message : Object.assign(message, { $unknown: unknown });
    });
}

/** An object with one field set. */
function arbitraryField(field: DescField, depth: number): fc.Arbitrary<Fields> {
  const value = arbitraryValue(field, depth);
  if (field.fieldKind === "map") {
    const entries = fc.uniqueArray(fc.tuple(arbitraryKey, value), {
      selector: ([key]) => key,
      maxLength: 3,
    });
    return entries.map((pairs) => ({ [field.localName]: Object.fromEntries(pairs) }));
  }
  if (field.fieldKind === "list") {
    return fc.array(value, { maxLength: 3 }).map((values) => ({ [field.localName]: values }));
  }
  const { oneof } = field;
  return value.map((one) =>
    oneof
      ? { [oneof.localName]: { case: field.localName, value: one } }
      : { [field.localName]: one },
  );
}

function arbitraryValue(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return arbitraryMessage(field.message, depth - 1);
  return field.scalar === undefined ? arbitraryEnumNumber : arbitraryScalar(field.scalar);
}

function arbitraryScalar(scalar: ScalarType): fc.Arbitrary<unknown> {
  switch (scalar) {
    case ScalarType.STRING:
      return fc.string({ unit: "binary" });
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 20 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
      return fc.double();
    case ScalarType.INT64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    default:
      throw new Error(`no field of this protocol is a ${ScalarType[scalar]}`);
  }
}

const arbitraryKey = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "__proto__", "constructor", "7"),
);

/** Enums are open: a newer peer sends numbers without a name. */
const arbitraryEnumNumber = fc.oneof(fc.nat({ max: 5 }), fc.integer());

const arbitraryUnknownFields = fc.array(
  fc
    .tuple(
      fc.integer({ min: 1000, max: 2 ** 29 - 1 }),
      fc.oneof(
        fc.nat({ max: 127 }).map((byte) => ({ wireType: 0, data: Uint8Array.of(byte) })),
        fc.uint8Array({ minLength: 8, maxLength: 8 }).map((data) => ({ wireType: 1, data })),
        fc
          .uint8Array({ maxLength: 20 })
          .map((bytes) => ({ wireType: 2, data: Uint8Array.of(bytes.length, ...bytes) })),
        fc.uint8Array({ minLength: 4, maxLength: 4 }).map((data) => ({ wireType: 5, data })),
      ),
    )
    .map(([no, field]) => ({ no, ...field })),
  { maxLength: 2 },
);
