// Runs every check of package.json, one line each; of those that fail, shows the output.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./lib/run-command.ts";
import { root } from "./lib/source-imports.ts";

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const names = Object.keys(scripts).filter((name) => name.startsWith("check:"));

const results = names.map((name) => {
  const result = runCommand(["npm", "run", "--silent", name], root);
  const seconds = result.seconds.toFixed(1).padStart(6);
  console.log(`${result.passed ? "ok  " : "FAIL"} ${name.padEnd(16)} ${seconds} s`);
  return { name, ...result };
});

const failed = results.filter(({ passed }) => !passed);
for (const { name, output } of failed) console.error(`\n--- ${name}\n${output.trimEnd()}`);
console.log(`checks: ${results.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
