// Installs the packed packages in an empty directory, as a user would, and runs small programs
// with them on every supported line of Node.js, what is portable on Deno and Bun, and a compiler.

import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packPublicPackages } from "./lib/public-packages.ts";
import { runCommand, runOrThrow } from "./lib/run-command.ts";
import { type SmokeRuntime, smokeRuntimes } from "./lib/smoke-runtimes.ts";
import { root } from "./lib/source-imports.ts";

const PROGRAM_TIMEOUT_MS = 60_000;

const directory = mkdtempSync(join(tmpdir(), "opamp-smoke-"));
try {
  install();
  const results = smokeRuntimes.flatMap(runPrograms);
  const failed = results.filter((passed) => !passed).length;
  console.log(`smoke: ${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

function install(): void {
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true }));
  const tarballs = packPublicPackages(directory).map(({ tarball }) => tarball);
  const sources = smokeRuntimes.flatMap((runtime) => runtime.sources);
  const options = ["--no-audit", "--no-fund", "--ignore-scripts"];
  runOrThrow(["npm", "install", ...options, ...tarballs, ...sources], directory);
  cpSync(join(root, "scripts", "smoke"), directory, { recursive: true });
}

function runPrograms({ name, command, programs }: SmokeRuntime): boolean[] {
  return programs.map((program) => {
    const { passed, output, seconds } = runCommand(
      [...command, program],
      directory,
      PROGRAM_TIMEOUT_MS,
    );
    console.log(`${passed ? "ok  " : "FAIL"} ${name} ${program} ${seconds.toFixed(1)} s`);
    if (!passed) console.error(output);
    return passed;
  });
}
