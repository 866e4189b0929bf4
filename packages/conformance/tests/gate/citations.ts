import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { clientCases, serverCases } from "../../src/index.ts";
import { tagsOfTests } from "./title-tags.ts";

/** The root of the repository. */
export const root: string = join(import.meta.dirname, "../../../..");

/** One place that cites an id. */
export interface Citation {
  readonly id: string;
  /** A case, or a test file. */
  readonly where: string;
}

/** What the cases of this package and the titles of all tests cite. */
export function findCitations(): readonly Citation[] {
  return [...citationsOfCases(), ...citationsOfTests()];
}

function citationsOfCases(): readonly Citation[] {
  return [...serverCases, ...clientCases].flatMap(({ id: name, requirements }) =>
    requirements.map((id) => ({ id, where: `the case ${name}` })),
  );
}

const notOurs: readonly string[] = ["node_modules", "dist"];

function citationsOfTests(): readonly Citation[] {
  const files = globSync("**/*.test.ts", {
    cwd: root,
    exclude: (path) => notOurs.some((name) => path.split("/").includes(name)),
  });
  return files.flatMap((file) =>
    tagsOfTests(readFileSync(join(root, file), "utf8")).map((id) => ({
      id,
      where: relative(".", file),
    })),
  );
}
