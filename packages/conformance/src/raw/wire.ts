/** The number of a protobuf field that no version of the protocol has. */
export const UNKNOWN_FIELD = 1000;

/** A length-delimited protobuf field. */
export function lengthDelimited(field: number, content: Uint8Array): Uint8Array {
  return concat(varint(BigInt(field) * 8n + 2n), varint(BigInt(content.length)), content);
}

/** An encoded message with an unknown field behind what it holds. */
export function withUnknownField(encoded: Uint8Array): Uint8Array {
  return concat(encoded, lengthDelimited(UNKNOWN_FIELD, new TextEncoder().encode("from later")));
}

/** The numbers of the fields of an encoded message, in order. Throws when it is not well-formed. */
export function fieldNumbers(encoded: Uint8Array): readonly number[] {
  const numbers: number[] = [];
  for (let offset = 0; offset < encoded.length; ) {
    const tag = readVarint(encoded, offset);
    numbers.push(Number(tag.value >> 3n));
    offset = skipValue(encoded, tag.end, Number(tag.value & 7n));
  }
  return numbers;
}

/** The content of a length-delimited field of an encoded message; empty when it is not there. */
export function contentOfField(encoded: Uint8Array, field: number): Uint8Array {
  for (let offset = 0; offset < encoded.length; ) {
    const tag = readVarint(encoded, offset);
    const next = skipValue(encoded, tag.end, Number(tag.value & 7n));
    if (tag.value === BigInt(field) * 8n + 2n) {
      return encoded.subarray(readVarint(encoded, tag.end).end, next);
    }
    offset = next;
  }
  return new Uint8Array();
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

function readVarint(bytes: Uint8Array, offset: number): { value: bigint; end: number } {
  let value = 0n;
  for (let end = offset, shift = 0n; ; end += 1, shift += 7n) {
    const byte = bytes[end];
    if (byte === undefined) throw new Error("a varint ends before its last byte");
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, end: end + 1 };
  }
}

function skipValue(bytes: Uint8Array, offset: number, wireType: number): number {
  switch (wireType) {
    case 0:
      return readVarint(bytes, offset).end;
    case 1:
      return offset + 8;
    case 2: {
      const length = readVarint(bytes, offset);
      return length.end + Number(length.value);
    }
    case 5:
      return offset + 4;
    default:
      throw new Error(`wire type ${wireType} is not used by the protocol`);
  }
}
