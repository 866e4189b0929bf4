import type { ConformanceReport, Outcome, RequirementReport, Totals, Weight } from "./report.ts";

/** Whether a run is good: no broken MUST, and when `strict` no broken SHOULD either. */
export function isGood(report: ConformanceReport, strict: boolean): boolean {
  const fatal: readonly Weight[] = strict ? ["error", "warning"] : ["error"];
  return !report.requirements.some(
    ({ outcome, weight }) => outcome === "failed" && fatal.includes(weight),
  );
}

/** How many requirements came out in a way, of those of a weight or of all. */
export function countOf(
  { requirements }: Pick<ConformanceReport, "requirements">,
  outcome: Outcome,
  weight?: Weight,
): number {
  const counts = (one: RequirementReport): boolean =>
    one.outcome === outcome && (weight === undefined || one.weight === weight);
  return requirements.filter(counts).length;
}

export function totalsOf(requirements: readonly RequirementReport[]): Omit<Totals, "cases"> {
  const count = (outcome: Outcome, weight?: Weight): number =>
    countOf({ requirements }, outcome, weight);
  return {
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    errors: count("failed", "error"),
    warnings: count("failed", "warning"),
    notes: count("failed", "note"),
  };
}
