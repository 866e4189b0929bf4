// Makes of each public package one file per entry, and one per part that is loaded later: a program
// starts sooner when it does not have to find and read a hundred small files.

import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { type PublicPackage, publicPackages } from "./lib/public-packages.ts";
import { root } from "./lib/source-imports.ts";

await Promise.all(publicPackages().map(bundle));

async function bundle({ folder }: PublicPackage): Promise<void> {
  const directory = join(root, folder);
  const earlier = globSync("dist/**/*.{js,js.map}", { cwd: directory });
  for (const file of earlier) rmSync(join(directory, file));
  await build({
    absWorkingDir: directory,
    entryPoints: entriesOf(directory),
    outbase: "src",
    outdir: "dist",
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "neutral",
    format: "esm",
    target: "es2023",
    sourcemap: true,
    // The sources are in the package.
    sourcesContent: false,
    logLevel: "warning",
  });
}

/** The sources of all that can be imported or run. */
function entriesOf(directory: string): string[] {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const targets = Object.values<string | Record<string, string>>(manifest.exports);
  const programs = Object.values<string>(manifest.bin ?? {});
  return [
    ...targets.flatMap((target) =>
      typeof target === "string" ? [] : (target["@opamp/source"] ?? []),
    ),
    ...programs.map((path) => path.replace("./dist/", "./src/").replace(/\.js$/, ".ts")),
  ];
}
