import type { CaseReport, ConformanceReport, RequirementReport } from "./report.ts";

const marks = { passed: "pass", failed: "FAIL", skipped: "skip" } as const;
const MAX_FRAMES = 20;

/** A report for people: a line for each requirement, then the failures with their frames. */
export function tableFrom(report: ConformanceReport): string {
  const { specification, subject, transports } = report;
  const failures = report.cases.filter(({ outcome }) => outcome === "failed");
  return [
    `${subject} over ${transports.join(" and ")}, by ${specification}`,
    "",
    ...report.requirements.map(lineFrom),
    ...failures.flatMap((failure) => ["", ...failureLines(failure)]),
    "",
    summaryOf(report),
    "",
  ].join("\n");
}

function lineFrom(one: RequirementReport): string {
  const { id, outcome, requirement, section, strength } = one;
  const head = `${marks[outcome]}  ${id.padEnd(5)}  ${strength.padEnd(11)}  ${requirement}`;
  const where = section === "" ? "" : ` (${section})`;
  return one.reason === undefined ? `${head}${where}` : `${head}${where} [${one.reason}]`;
}

function failureLines({ frames = [], id, reason, title, transport }: CaseReport): string[] {
  const more = frames.length - MAX_FRAMES;
  return [
    `FAIL  ${id} over ${transport}: ${title}`,
    ...`${reason}`.split("\n").map((line) => `    ${line}`),
    ...frames.slice(0, MAX_FRAMES).map((frame) => `    ${frame}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

/** The totals in a sentence. */
export function summaryOf({ totals }: ConformanceReport): string {
  const { passed, failed, skipped, errors, warnings, notes, cases } = totals;
  return `${passed} requirements passed, ${failed} failed (${errors} errors, ${warnings} warnings, ${notes} notes), ${skipped} skipped; ${cases} cases`;
}
