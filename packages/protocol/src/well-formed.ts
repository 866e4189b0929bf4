import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";

/** The protobuf runtime reads 100 levels, not counting the entries of maps. */
const MAX_DEPTH = 200;

/** Far beyond any real message; decoded, a field costs a hundred bytes of memory, or more. */
const MAX_FIELDS = 1_000_000;

/** The longest varint: 64 bits in groups of seven. */
const MAX_VARINT_BYTES = 10;

/**
 * Throws for bytes that the protobuf runtime would misread or pay too much for: a sub-message that
 * ends outside its parent, a known field of another wire type, 200 levels or a million fields.
 */
export function assertWellFormed(schema: DescMessage, bytes: Uint8Array): void {
  walkMessage({ bytes, pos: 0, depth: 0, fields: 0 }, shapeOfMessage(schema), bytes.length);
}

interface Walk {
  readonly bytes: Uint8Array;
  pos: number;
  depth: number;
  fields: number;
}

/** A message's fields by their number: the tag, and the shape of the message in it, if any. */
type Shape = Map<number, { readonly tag: number; readonly shape: Shape | undefined }>;

function walkMessage(walk: Walk, shape: Shape, end: number): void {
  enterLevel(walk);
  while (walk.pos < end) {
    const tag = readTag(walk);
    const field = shape.get(tag >>> 3);
    if (field !== undefined && field.tag !== tag) {
      throw new TypeError(`field ${tag >>> 3} has the wire type ${tag & 7}`);
    }
    if (field?.shape === undefined) skipValue(walk, tag, end);
    else walkMessage(walk, field.shape, endOfValue(walk, end));
  }
  if (walk.pos > end) throw endsOutside();
  walk.depth -= 1;
}

function skipValue(walk: Walk, tag: number, end: number): void {
  switch (tag & 7) {
    case WireType.Varint:
      readVarint(walk);
      break;
    case WireType.Bit64:
      walk.pos += 8;
      break;
    case WireType.LengthDelimited:
      walk.pos = endOfValue(walk, end);
      break;
    case WireType.StartGroup:
      skipGroup(walk, tag, end);
      break;
    case WireType.Bit32:
      walk.pos += 4;
      break;
    default:
      throw new TypeError(`field ${tag >>> 3} has the wire type ${tag & 7}`);
  }
}

/** Groups are no part of proto3, but a field of a newer peer may be one. */
function skipGroup(walk: Walk, startTag: number, end: number): void {
  enterLevel(walk);
  const endTag = startTag + 1;
  for (let tag = readTag(walk); tag !== endTag; tag = readTag(walk)) skipValue(walk, tag, end);
  walk.depth -= 1;
}

function enterLevel(walk: Walk): void {
  walk.depth += 1;
  if (walk.depth > MAX_DEPTH) throw new RangeError(`nests deeper than ${MAX_DEPTH} levels`);
}

function readTag(walk: Walk): number {
  walk.fields += 1;
  if (walk.fields > MAX_FIELDS) throw new RangeError(`has more than ${MAX_FIELDS} fields`);
  const tag = readVarint(walk);
  if (tag < 8) throw new TypeError("a field has the number 0");
  return tag;
}

function endOfValue(walk: Walk, end: number): number {
  const length = readVarint(walk);
  if (length > end - walk.pos) throw endsOutside();
  return walk.pos + length;
}

/** The low 32 bits of a varint. */
function readVarint(walk: Walk): number {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i += 1) {
    const byte = walk.bytes[walk.pos + i];
    if (byte === undefined) throw endsOutside();
    if (i < 5) value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      walk.pos += i + 1;
      return value >>> 0;
    }
  }
  throw new RangeError("a varint is longer than 10 bytes");
}

function endsOutside(): RangeError {
  return new RangeError("a field ends outside its message");
}

const shapes = new WeakMap<DescMessage, Shape>();

function shapeOfMessage(schema: DescMessage): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const shape: Shape = new Map();
  shapes.set(schema, shape);
  for (const field of schema.fields) {
    shape.set(field.number, { tag: tagOfField(field), shape: shapeOfField(field) });
  }
  return shape;
}

function shapeOfField(field: DescField): Shape | undefined {
  const shape = field.message === undefined ? undefined : shapeOfMessage(field.message);
  if (field.fieldKind !== "map") return shape;
  return new Map([
    [1, { tag: tagOf(1, wireTypeOfScalar(field.mapKey)), shape: undefined }],
    [2, { tag: tagOf(2, wireTypeOfValue(field)), shape }],
  ]);
}

function tagOfField(field: DescField): number {
  const isMap = field.fieldKind === "map";
  return tagOf(field.number, isMap ? WireType.LengthDelimited : wireTypeOfValue(field));
}

function tagOf(number: number, wireType: WireType): number {
  return (number << 3) | wireType;
}

function wireTypeOfValue({ message, scalar }: DescField): WireType {
  if (message !== undefined) return WireType.LengthDelimited;
  return scalar === undefined ? WireType.Varint : wireTypeOfScalar(scalar);
}

function wireTypeOfScalar(scalar: ScalarType): WireType {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
      return WireType.Bit64;
    default:
      return WireType.Varint;
  }
}
