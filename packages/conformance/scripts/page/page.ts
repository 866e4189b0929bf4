import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConformanceReport } from "../../src/report/report.ts";
import { findCitations, root } from "../../tests/gate/citations.ts";
import { readNotCovered } from "../../tests/gate/coverage.ts";
import { coverageSection, notCoveredSection } from "./coverage-section.ts";
import { ownSection } from "./own-section.ts";
import { readPeers } from "./peers.ts";
import { peersSection } from "./peers-section.ts";

const path: string = join(root, "docs/conformance.md");

export function readPage(): string {
  return readFileSync(path, "utf8");
}

export function writePage(page: string): void {
  writeFileSync(path, page);
}

/** A page with all tables anew. Throws when a failure of a peer is not explained. */
export function withTables(page: string, own: readonly ConformanceReport[]): string {
  const sections = { own: ownSection(own), peers: peersSection(readPeers()) };
  return Object.entries(sections).reduce(withSection, withCoverage(page));
}

/** A page that tells anew what is covered, and what is not. */
export function withCoverage(page: string): string {
  const sections = {
    coverage: coverageSection(findCitations()),
    "not-covered": notCoveredSection(readNotCovered()),
  };
  return Object.entries(sections).reduce(withSection, page);
}

/** The page with other text between the comments `<!-- name -->` and `<!-- /name -->`. */
function withSection(page: string, [name, text]: [string, string]): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest = ""] = page.split(open);
  const [, after] = rest.split(close);
  if (after === undefined) throw new Error(`docs/conformance.md has no section ${open}`);
  return `${before}${open}\n\n${text}\n\n${close}${after}`;
}
