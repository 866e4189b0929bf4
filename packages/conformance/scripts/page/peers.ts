import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ConformanceReport } from "../../src/report/report.ts";
import { root } from "../../tests/gate/citations.ts";

/** What a person found in the specification about a requirement that failed. */
export interface Finding {
  /** Whether the peer is at fault, or the case cannot tell. */
  readonly verdict: "finding" | "not counted";
  readonly explanation: string;
}

/** The report of a peer, and the findings about it by id. */
export interface Peer {
  /** The name of its file. */
  readonly name: string;
  readonly report: ConformanceReport;
  readonly findings: Readonly<Record<string, Finding>>;
}

const folder = join(root, "interop/conformance");

/** The reports of `interop/conformance`. */
export function readPeers(): readonly Peer[] {
  const findings = readJson("findings.json") as Readonly<Record<string, Peer["findings"]>>;
  return globSync("*.json", { cwd: folder })
    .filter((file) => file !== "findings.json")
    .toSorted()
    .map((file) => {
      const name = basename(file, ".json");
      return { name, report: readJson(file) as ConformanceReport, findings: findings[name] ?? {} };
    });
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), "utf8"));
}
