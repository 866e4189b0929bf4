import type { ConformanceReport } from "../../src/report/report.ts";
import { countOf } from "../../src/report/verdict.ts";

/** The columns of `countsOf`. */
export const countsHead: readonly string[] = [
  "MUST: passed, failed",
  "SHOULD: passed, failed",
  "others: passed, failed",
  "skipped",
];

/** How many requirements of each weight passed and failed, and how many were skipped. */
export function countsOf(report: ConformanceReport): readonly string[] {
  const weights = ["error", "warning", "note"] as const;
  const counts = weights.map(
    (weight) => `${countOf(report, "passed", weight)}, ${countOf(report, "failed", weight)}`,
  );
  return [...counts, `${countOf(report, "skipped")}`];
}
