import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ambiguities, lessons, requirements } from "../../src/index.ts";
import { type Citation, root } from "./citations.ts";

/** Where the ids that nothing cites yet are listed. */
const listPath: string = join(root, "packages/conformance/src/still-to-come.json");

/** What the list says. */
export interface StillToCome {
  /** How many ids it may hold; may only go down. */
  readonly maximum: number;
  /** Sorted. */
  readonly ids: readonly string[];
}

export function readStillToCome(): StillToCome {
  return JSON.parse(readFileSync(listPath, "utf8")) as StillToCome;
}

export function writeStillToCome(list: StillToCome): void {
  writeFileSync(listPath, `${JSON.stringify(list, undefined, 2)}\n`);
}

/** The list without what is cited, and with its maximum lowered to fit. */
export function shrink(list: StillToCome, citations: readonly Citation[]): StillToCome {
  const cited = new Set(citations.map(({ id }) => id));
  const ids = list.ids.filter((id) => !cited.has(id)).sort();
  return { maximum: Math.min(list.maximum, ids.length), ids };
}

/** What is wrong with the citations and the list, each with what to do about it. */
export function problemsWith(list: StillToCome, citations: readonly Citation[]): readonly string[] {
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
  { ids }: StillToCome,
  citations: readonly Citation[],
): readonly string[] {
  const covered = new Set([...ids, ...citations.map(({ id }) => id)]);
  return [...requirementIds]
    .filter((id) => !covered.has(id))
    .map((id) => `${id} is no longer cited; bring back the case or test that proved it`);
}

function citedAndListed({ ids }: StillToCome, citations: readonly Citation[]): readonly string[] {
  const cited = new Set(citations.map(({ id }) => id));
  const both = ids.filter((id) => cited.has(id));
  if (both.length === 0) return [];
  return [`${both.join(", ")}: cited by a case or test, but still listed; ${updateAdvice}`];
}

function listProblems({ ids, maximum }: StillToCome): readonly string[] {
  const problems = ids
    .filter((id) => !requirementIds.has(id))
    .map((id) => `${id} is listed, but does not exist; take it off the list`);
  if (ids.some((id, i) => id <= (ids[i - 1] ?? ""))) {
    problems.push(`the list is not sorted, or names an id twice; ${updateAdvice}`);
  }
  if (ids.length > maximum) {
    problems.push(`the list has ${ids.length} ids, above its maximum ${maximum}; it only shrinks`);
  }
  if (ids.length < maximum) {
    problems.push(`the maximum is ${maximum}, the list has ${ids.length} ids; ${updateAdvice}`);
  }
  return problems;
}

const updateAdvice = `run "npm run requirements:update" and commit ${relative(root, listPath)}`;
