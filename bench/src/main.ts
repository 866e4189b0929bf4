import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Comparison } from "./compare.ts";
import { buildGoPeers } from "./go.ts";
import { publish } from "./publish.ts";
import { type Result, table } from "./result.ts";
import { measureClient } from "./suites/client.ts";
import { measureCodec } from "./suites/codec.ts";
import { measureHeartbeats } from "./suites/heartbeats.ts";
import { measureMemory } from "./suites/memory.ts";
import { measureProcesses } from "./suites/processes.ts";
import { measureReturn } from "./suites/return.ts";
import { measureShared } from "./suites/shared.ts";

const { values, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    publish: { type: "string" },
  },
  allowPositionals: true,
});
const { quick, json } = values;

const suites: Readonly<Record<string, () => Promise<readonly Result[]>>> = {
  heartbeats: () =>
    measureHeartbeats({
      ...comparison(),
      beatMs: quick ? 1000 : 2000,
      perSecond: 5000,
      connections: quick ? [200] : [200, 9000],
    }),
  memory: () =>
    measureMemory({
      ...comparison(),
      counts: quick ? [1000] : [1000, 5000, 10_000],
      costlyCount: quick ? 500 : 2500,
    }),
  return: () =>
    measureReturn({
      ...comparison(),
      agents: quick ? 2000 : 19_000,
      processes: 3,
      outageMs: 3000,
      limitMs: 120_000,
    }),
  processes: () =>
    measureProcesses({
      ...comparison(),
      agents: quick ? 500 : 5000,
      beatMs: quick ? 1000 : 3000,
    }),
  client: () => measureClient(quick ? 3 : 15),
  shared: () =>
    measureShared({
      agents: quick ? 1000 : 10_000,
      connections: 10,
      rounds: quick ? 1 : 3,
      beatMs: quick ? 5000 : 15_000,
    }),
  codec: async () => measureCodec(go?.codec, quick ? 300 : 2000),
};
function comparison(): Comparison {
  return { theirs: goServer, rounds: quick ? 1 : 3 };
}

const unknown = positionals.find((name) => !Object.hasOwn(suites, name));
if (unknown !== undefined) {
  throw new Error(`${unknown} is no suite; there are ${Object.keys(suites).join(", ")}`);
}

const go = buildGoPeers();
const goServer = go && { name: "opamp-go server", command: [go.server] as const };
if (go === undefined) console.error("Go is not on the path: its columns stay empty.");

const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`;
const measured: Record<string, readonly Result[]> = {};
console.log(machine);
for (const [name, measure] of Object.entries(suites)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.error(`measuring ${name}`);
  const results = await measure();
  measured[name] = results;
  console.log(`\n${table(results)}`);
  if (values.publish !== undefined)
    publish(values.publish, name, `${machine}\n\n${table(results)}`);
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, measured }, null, 2)}\n`);
