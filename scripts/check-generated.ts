// Runs every generator into an empty directory and fails where its result is not what is committed.

import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrThrow } from "./lib/run-command.ts";
import { root } from "./lib/source-imports.ts";

interface Generator {
  /** The folder it runs in, from the root. */
  readonly folder: string;
  /** What it writes, from that folder. */
  readonly path: string;
  /** The command that writes below `output` instead of below its folder. */
  readonly command: (output: string) => readonly [string, ...string[]];
}

const generators: readonly Generator[] = [
  {
    folder: "packages/protocol",
    path: "src/gen",
    command: (output) => ["buf", "generate", "--output", output],
  },
];

const stale = generators.flatMap(staleFiles);
for (const file of stale)
  console.error(`${file} is not what its generator writes: npm run generate`);
console.log(`${generators.length} generators, ${stale.length} stale files`);
process.exitCode = stale.length === 0 ? 0 : 1;

function staleFiles({ folder, path, command }: Generator): string[] {
  const output = mkdtempSync(join(tmpdir(), "opamp-generated-"));
  try {
    runOrThrow(command(output), join(root, folder));
    const fresh = readFiles(join(output, path));
    const committed = readFiles(join(root, folder, path));
    const files = new Set([...fresh.keys(), ...committed.keys()]);
    return [...files]
      .filter((file) => fresh.get(file) !== committed.get(file))
      .map((file) => `${folder}/${path}/${file}`);
  } finally {
    rmSync(output, { recursive: true });
  }
}

function readFiles(directory: string): Map<string, string> {
  const files = globSync("**/*.ts", { cwd: directory });
  return new Map(files.map((file) => [file, readFileSync(join(directory, file), "utf8")]));
}
