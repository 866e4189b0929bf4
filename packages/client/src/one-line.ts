const MAX_CHARACTERS = 200;

/** A text of the peer's as it may stand in an error or a log: short, on one line, nothing unprintable. */
export function oneLine(text: string): string {
  // Only so much is looked at, for the text may be as long as a message.
  const line = text
    .slice(0, 2 * MAX_CHARACTERS)
    .replace(/[\s\p{C}]+/gu, " ")
    .trim();
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)}…` : line;
}
