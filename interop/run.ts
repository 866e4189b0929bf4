import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { goBuild } from "./src/builds/go.ts";

// Builds the peers and runs the interop suite: `npm run interop [-- arguments of vitest]`.

const EXIT_MISSING_TOOL = 2;

const builds = [goBuild];

const missing = builds.flatMap((build) => build.missing() ?? []);
if (missing.length > 0) {
  console.error(`Cannot run the interop suite.\n\n${missing.join("\n\n")}`);
  process.exit(EXIT_MISSING_TOOL);
}

for (const peers of builds) {
  console.log(`Building the ${peers.language} peers`);
  peers.build();
}

const vitest = fileURLToPath(new URL("vitest.mjs", import.meta.resolve("vitest/package.json")));
const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [vitest, "run", "--config", config, ...process.argv.slice(2)],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
