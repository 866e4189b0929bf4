// Packs every public package and looks at what a user would install.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PackedPackage, packPublicPackages } from "./lib/public-packages.ts";
import { runCommand } from "./lib/run-command.ts";
import { root } from "./lib/source-imports.ts";

const directory = mkdtempSync(join(tmpdir(), "opamp-packages-"));
try {
  const packages = packPublicPackages(directory);
  const problems = packages.flatMap((one) =>
    [...problemsOfFiles(one), ...problemsOfShape(one)].map((problem) => `${one.name}: ${problem}`),
  );
  for (const problem of problems) console.error(problem);
  console.log(`${packages.length} packages, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

function problemsOfFiles({ files, folder }: PackedPackage): string[] {
  const required = ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts", "src/index.ts"];
  const unwanted = files.filter((path) => /\.test\.|^tests\/|tsbuildinfo$/.test(path));
  return [
    ...required.filter((path) => !files.includes(path)).map((path) => `lacks ${path}`),
    ...unwanted.map((path) => `should not hold ${path}`),
    ...(files.includes("LICENSE") && !hasSameLicense(folder) ? ["has another LICENSE"] : []),
  ];
}

function hasSameLicense(folder: string): boolean {
  const own = readFileSync(join(root, folder, "LICENSE"));
  return own.equals(readFileSync(join(root, "LICENSE")));
}

function problemsOfShape({ tarball }: PackedPackage): string[] {
  const commands = [
    ["publint", "run", tarball, "--strict"],
    ["attw", tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji"],
  ] as const;
  return commands
    .map((command) => runCommand([...command], root))
    .filter(({ passed }) => !passed)
    .map(({ output }) => `\n${output.trim()}`);
}
