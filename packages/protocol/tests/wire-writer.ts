/** A varint. */
export function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

/** A length-delimited field: a string, bytes or a message. */
export function field(number: number, content: readonly number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(content.length), ...content];
}

/** Nests a field into itself, from the inside out: `path` is what one level adds, outermost first. */
export function nested(levels: number, path: readonly number[]): Uint8Array {
  const headers: number[][] = [];
  let length = 0;
  const innermostFirst = path.toReversed();
  for (let level = 0; level < levels; level += 1) {
    for (const number of innermostFirst) {
      const header = [...varint(number * 8 + 2), ...varint(length)];
      headers.push(header);
      length += header.length;
    }
  }
  return Uint8Array.from(headers.toReversed().flat());
}
