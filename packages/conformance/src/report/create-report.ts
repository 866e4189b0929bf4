import { lessons } from "../lessons.ts";
import { describeTraceEntry } from "../raw/trace.ts";
import { requirements, specification } from "../requirements.ts";
import type { ConformanceCase } from "../runner/conformance-case.ts";
import type { CaseResult } from "../runner/run-cases.ts";
import type { CaseReport, ConformanceReport, RequirementReport } from "./report.ts";
import { totalsOf } from "./verdict.ts";
import { statementOf } from "./weight.ts";

/** What a report says beside the results. */
export type ReportHead = Pick<ConformanceReport, "subject" | "side" | "transports">;

/** The report of a run. */
export function createReport(
  head: ReportHead,
  results: readonly CaseResult<ConformanceCase>[],
): ConformanceReport {
  const reported = [...requirements, ...lessons].flatMap(({ id, ...entry }) => {
    const about = results.filter((result) => result.case.requirements.includes(id));
    if (about.length === 0) return [];
    const title = "title" in entry ? entry.title : undefined;
    return [{ ...statementOf(id, title), ...outcomeOf(about) }];
  });
  return {
    specification,
    ...head,
    totals: { ...totalsOf(reported), cases: results.length },
    requirements: reported,
    cases: results.map(caseReportFrom),
  };
}

/** A report without what differs from run to run. */
export function withoutFrames(report: ConformanceReport): ConformanceReport {
  const cases = report.cases.map(
    ({ frames: _frames, durationMs: _durationMs, ...others }) => others,
  );
  return { ...report, cases };
}

function outcomeOf(
  results: readonly CaseResult<ConformanceCase>[],
): Pick<RequirementReport, "outcome" | "reason" | "cases"> {
  const cases = [...new Set(results.map((result) => result.case.id))];
  const outcomes = results.map(({ outcome }) => outcome);
  if (outcomes.includes("failed")) return { outcome: "failed", cases };
  if (outcomes.includes("passed")) return { outcome: "passed", cases };
  const reasons = results.flatMap((result) =>
    result.outcome === "skipped" ? [result.reason] : [],
  );
  return { outcome: "skipped", reason: [...new Set(reasons)].join("; "), cases };
}

function caseReportFrom(result: CaseResult<ConformanceCase>): CaseReport {
  const { outcome, transport, durationMs } = result;
  const { id, title } = result.case;
  const report = { id, transport, title, outcome, durationMs: Math.round(durationMs) };
  switch (result.outcome) {
    case "passed":
      return report;
    case "skipped":
      return { ...report, reason: result.reason };
    case "failed":
      return {
        ...report,
        reason: messageOf(result.error),
        frames: result.trace.map(describeTraceEntry),
      };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
