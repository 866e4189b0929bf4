#!/usr/bin/env node
import { runCli } from "./run-cli.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(2));
}
// What a case left behind must not keep the process alive.
process.exit(await runCli(process.argv.slice(2)));
