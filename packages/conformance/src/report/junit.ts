import type { CaseReport, ConformanceReport, RequirementReport } from "./report.ts";

/** A report as JUnit XML: a suite for each transport, a test case for each requirement in it. */
export function junitFrom(report: ConformanceReport): string {
  const suites = report.transports.map((transport) => suiteOf(report, transport));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name=${quoted(report.subject)}>\n${suites.join("")}</testsuites>\n`;
}

function suiteOf(report: ConformanceReport, transport: string): string {
  const cases = report.cases.filter((one) => one.transport === transport);
  const tests = report.requirements.flatMap((requirement) => {
    const about = cases.filter(({ id }) => requirement.cases.includes(id));
    return about.length === 0 ? [] : [testOf(requirement, about)];
  });
  const count = (tag: string): number => tests.filter((test) => test.includes(`<${tag} `)).length;
  const seconds = cases.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0) / 1000;
  return `  <testsuite name=${quoted(`${report.side} over ${transport}`)} tests="${tests.length}" failures="${count("failure")}" errors="0" skipped="${count("skipped")}" time="${seconds}">\n${tests.join("")}  </testsuite>\n`;
}

function testOf(requirement: RequirementReport, cases: readonly CaseReport[]): string {
  const { id, strength, section } = requirement;
  const name = `${id} ${strength}: ${requirement.requirement}`;
  const open = `    <testcase classname=${quoted(section || "lessons")} name=${quoted(name)}`;
  const body = outcomeOf(requirement, cases);
  return body === "" ? `${open}/>\n` : `${open}>${body}</testcase>\n`;
}

function outcomeOf({ weight }: RequirementReport, cases: readonly CaseReport[]): string {
  const failed = cases.filter(({ outcome }) => outcome === "failed");
  if (failed.length > 0) {
    const message = failed.map(({ id }) => id).join(", ");
    return `<failure type="${weight}" message=${quoted(message)}>${escaped(failed.map(detailsOf).join("\n\n"))}</failure>`;
  }
  if (cases.some(({ outcome }) => outcome === "passed")) return "";
  const reasons = new Set(cases.map(({ reason = "" }) => reason));
  return `<skipped message=${quoted([...reasons].join("; "))}/>`;
}

function detailsOf({ frames = [], id, reason, title }: CaseReport): string {
  return [`${id}: ${title}`, `${reason}`, ...frames].join("\n");
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll("\n", "&#10;")}"`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

// XML has no way to write most control characters, nor half a surrogate pair.
const unwritable = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function escaped(text: string): string {
  return text
    .replaceAll(unwritable, "\u{FFFD}")
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
