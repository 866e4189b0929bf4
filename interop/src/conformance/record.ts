import { readFile, writeFile } from "node:fs/promises";
import {
  type CaseReport,
  type ConformanceReport,
  createReport,
  withoutFrames,
} from "@opamp/conformance";
import type { Result } from "./examine.ts";
import type { ExaminedPeer } from "./peers.ts";

/** What an earlier run over a peer found; undefined when there was none. */
export async function readRecord(peer: ExaminedPeer): Promise<ConformanceReport | undefined> {
  try {
    return JSON.parse(await readFile(recordOf(peer), "utf8")) as ConformanceReport;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

export async function writeRecord(peer: ExaminedPeer, results: readonly Result[]): Promise<void> {
  const { name: subject, side, transports } = peer;
  const report = withoutFrames(createReport({ subject, side, transports }, results));
  const steady = { ...report, cases: report.cases.map(withoutNumbers) };
  await writeFile(recordOf(peer), `${JSON.stringify(steady, undefined, 2)}\n`);
}

/** How a case came out in a record; undefined when it is not there. */
export function outcomeIn(
  record: ConformanceReport | undefined,
  { case: { id }, transport }: Pick<Result, "case" | "transport">,
): CaseReport["outcome"] | undefined {
  return record?.cases.find((one) => one.id === id && one.transport === transport)?.outcome;
}

function recordOf({ id }: ExaminedPeer): URL {
  return new URL(`../../conformance/${id}.json`, import.meta.url);
}

/** The first line of a reason, without what differs from run to run. */
function withoutNumbers({ reason, ...report }: CaseReport): CaseReport {
  if (reason === undefined) return report;
  const [line = ""] = reason.split("\n");
  return {
    ...report,
    reason: report.outcome === "passed" ? line : line.replaceAll(/\d+(\.\d+)?/g, "…"),
  };
}
