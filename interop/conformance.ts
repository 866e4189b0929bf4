import { parseArgs } from "node:util";
import { goBuild } from "./src/builds/go.ts";
import { javaBuild } from "./src/builds/java.ts";
import { pythonBuild } from "./src/builds/python.ts";
import { compare, describeChange } from "./src/conformance/compare.ts";
import { forEachOf } from "./src/conformance/for-each-of.ts";
import { type ExaminedPeer, peers } from "./src/conformance/peers.ts";
import { readRecord, writeRecord } from "./src/conformance/record.ts";

// Runs the conformance suite over peers, and compares with what was recorded:
// `npm run interop:conformance [-- --update] [names of peers]`.

const EXIT_MISSING_TOOL = 2;
/** Peers at a time. */
const CONCURRENCY = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { update: { type: "boolean", default: false } },
});

const chosen = peers.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
build(chosen);
let passed = 0;
let failed = 0;
await forEachOf(chosen, CONCURRENCY, examine);
console.log(`interop conformance: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Counts a case as passed when it came out as recorded. */
async function examine(peer: ExaminedPeer): Promise<void> {
  const startMs = performance.now();
  const record = await readRecord(peer);
  const { results, changes } = await compare(peer, record);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const count = (wanted: string): number =>
    results.filter(({ outcome }) => outcome === wanted).length;
  const counts = `${count("passed")} pass, ${count("failed")} fail, ${count("skipped")} skipped`;
  console.log(`${peer.name}: ${counts}; ${changes.length} not as recorded; ${seconds} s`);
  passed += results.length - changes.length;
  if (values.update) return writeRecord(peer, results);
  failed += changes.length;
  for (const change of changes) console.log(describeChange(change, record));
}

function build(wanted: readonly ExaminedPeer[]): void {
  const builds = { go: goBuild, java: javaBuild, python: pythonBuild };
  const needed = [...new Set(wanted.flatMap(({ language }) => language ?? []))];
  const missing = needed.flatMap((language) => builds[language].missing() ?? []);
  if (missing.length > 0) {
    console.error(`Cannot run the conformance suite over peers.\n\n${missing.join("\n\n")}`);
    process.exit(EXIT_MISSING_TOOL);
  }
  for (const language of needed) builds[language].build();
}
