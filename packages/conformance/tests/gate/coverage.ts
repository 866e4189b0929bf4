import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ambiguities, lessons, requirements } from "../../src/index.ts";
import { type Citation, root } from "./citations.ts";

/** Where the requirements that nothing covers are listed, with the reason. */
const listPath: string = join(root, "packages/conformance/src/not-covered.json");

/** Why a requirement is not covered, by its id; sorted. */
export type NotCovered = Readonly<Record<string, string>>;

export function readNotCovered(): NotCovered {
  return JSON.parse(readFileSync(listPath, "utf8")) as NotCovered;
}

export function writeNotCovered(list: NotCovered): void {
  writeFileSync(listPath, `${JSON.stringify(list, undefined, 2)}\n`);
}

/** The list without what is cited. */
export function withoutCovered(list: NotCovered, citations: readonly Citation[]): NotCovered {
  const cited = new Set(citations.map(({ id }) => id));
  const left = Object.entries(list).filter(([id]) => !cited.has(id));
  return Object.fromEntries(left.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is wrong with the citations and the list, each with what to do about it. */
export function problemsWith(list: NotCovered, citations: readonly Citation[]): readonly string[] {
  return [
    ...unknownIds(citations),
    ...neitherCitedNorListed(list, citations),
    ...citedAndListed(list, citations),
    ...listProblems(list),
  ];
}

const requirementIds: ReadonlySet<string> = new Set(requirements.map(({ id }) => id));
const knownIds: ReadonlySet<string> = new Set<string>([
  ...requirementIds,
  ...lessons.map(({ id }) => id),
  ...ambiguities.map(({ id }) => id),
]);

function unknownIds(citations: readonly Citation[]): readonly string[] {
  return citations
    .filter(({ id }) => !knownIds.has(id))
    .map(({ id, where }) => `${where} cites ${id}, which does not exist; correct the tag`);
}

function neitherCitedNorListed(
  list: NotCovered,
  citations: readonly Citation[],
): readonly string[] {
  const covered = new Set([...Object.keys(list), ...citations.map(({ id }) => id)]);
  return [...requirementIds]
    .filter((id) => !covered.has(id))
    .map((id) => `${id} is no longer cited; bring back the case or test that proved it`);
}

function citedAndListed(list: NotCovered, citations: readonly Citation[]): readonly string[] {
  const cited = new Set(citations.map(({ id }) => id));
  const both = Object.keys(list).filter((id) => cited.has(id));
  if (both.length === 0) return [];
  return [`${both.join(", ")}: cited by a case or test, but still listed; ${updateAdvice}`];
}

function listProblems(list: NotCovered): readonly string[] {
  const ids = Object.keys(list);
  return [
    ...ids
      .filter((id) => !requirementIds.has(id))
      .map((id) => `${id} is listed, but does not exist; take it off the list`),
    ...ids.filter((id) => list[id] === "").map((id) => `${id} is listed without a reason`),
    ...(ids.some((id, i) => id <= (ids[i - 1] ?? ""))
      ? [`the list is not sorted; ${updateAdvice}`]
      : []),
  ];
}

const updateAdvice = `run "npm run requirements:update" and commit ${relative(root, listPath)}`;
