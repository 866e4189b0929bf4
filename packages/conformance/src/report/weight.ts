import { requirementById } from "../requirements.ts";
import type { RequirementReport, Weight } from "./report.ts";

const errors: readonly string[] = ["MUST", "MUST NOT"];
const notes: readonly string[] = ["MAY", "MAY*", "fact", "derived"];

/** The parts of a requirement, or of a lesson, that a report tells. */
export type Statement = Pick<
  RequirementReport,
  "id" | "strength" | "weight" | "requirement" | "section"
>;

/** How much a failure of a requirement weighs. */
function weightOf(strength: string): Weight {
  if (errors.includes(strength)) return "error";
  return notes.includes(strength) ? "note" : "warning";
}

/** What is asked for under an id. */
export function statementOf(id: RequirementReport["id"], title: string | undefined): Statement {
  const requirement = requirementById(id);
  if (requirement === undefined) {
    return { id, strength: "lesson", weight: "note", requirement: title ?? "", section: "" };
  }
  const { strength, section } = requirement;
  const text = requirement.requirement;
  return { id, strength, weight: weightOf(strength), requirement: text, section };
}
