import { type Requirement, requirementById, requirements } from "../../src/index.ts";
import type { Citation } from "../../tests/gate/citations.ts";
import type { NotCovered } from "../../tests/gate/coverage.ts";
import { tableOf } from "./table.ts";

/** How many requirements of each topic are proven, and by what. */
export function coverageSection(citations: readonly Citation[]): string {
  const cited = idsOf(citations);
  const byCase = idsOf(citations.filter(({ where }) => where.startsWith("the case ")));
  const row = (name: string, some: readonly Requirement[]): readonly (string | number)[] => {
    const covered = some.filter(({ id }) => cited.has(id)).length;
    const cases = some.filter(({ id }) => byCase.has(id)).length;
    return [name, some.length, cases, covered - cases, some.length - covered];
  };
  const topics = new Set(requirements.map(({ topic }) => topic));
  return tableOf(
    ["topic", "requirements", "by cases", "by tests alone", "not covered"],
    [
      ...[...topics].map((name) =>
        row(
          name,
          requirements.filter(({ topic }) => topic === name),
        ),
      ),
      row("all", requirements),
    ],
  );
}

/** What nothing covers, with the reason. */
export function notCoveredSection(list: NotCovered): string {
  return tableOf(
    ["id", "strength", "requirement", "why nothing covers it"],
    Object.entries(list).map(([id, reason]) => {
      const { strength = "", requirement = "" } = requirementById(id) ?? {};
      return [id, strength.replaceAll("*", "\\*"), requirement, reason];
    }),
  );
}

function idsOf(citations: readonly Citation[]): ReadonlySet<string> {
  return new Set(citations.map(({ id }) => id));
}
