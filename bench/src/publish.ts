import { readFileSync, writeFileSync } from "node:fs";

/** Puts what a suite measured between its marks in a document. */
export function publish(file: string, suite: string, markdown: string): void {
  const [start, end] = [`<!-- ${suite}: begin -->`, `<!-- ${suite}: end -->`];
  const text = readFileSync(file, "utf8");
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${file} has no place for ${suite}: it needs ${start} and ${end}`);
  }
  writeFileSync(file, `${before}${start}\n\n${markdown}\n\n${end}${after}`);
}
