import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One import or re-export, of values or of types. */
export interface SourceImport {
  /** The importing file, from the repository's root. */
  readonly file: string;
  readonly line: number;
  /** What stands between the quotes. */
  readonly specifier: string;
}

/** The root of the repository. */
export const root: string = join(import.meta.dirname, "../..");

const folders = ["packages/*", "examples/*", "bench", "interop", "soak"];

/** Every TypeScript file of the workspaces, from the repository's root. */
export function sourceFiles(): string[] {
  return globSync(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: root, exclude: (name) => name === "node_modules" || name === "dist" || name === "gen" },
  ).toSorted();
}

export function readSource(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

const statement =
  /^(?:import|export)\b[^;'"]*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** The imports of a file's text. */
export function importsOfText(file: string, text: string): SourceImport[] {
  return [...text.matchAll(statement)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length,
    specifier: match[1] ?? match[2] ?? match[3] ?? "",
  }));
}
