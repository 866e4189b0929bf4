import { readFileSync, writeFileSync } from "node:fs";

const START = "<!-- table: begin -->";
const END = "<!-- table: end -->";

/** Puts the measured table between the marks of a document. */
export function publish(file: string, markdown: string): void {
  const text = readFileSync(file, "utf8");
  const [before, rest] = text.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${file} has no place for the table: it needs ${START} and ${END}`);
  }
  writeFileSync(file, `${before}${START}\n\n${markdown}\n\n${END}${after}`);
}
