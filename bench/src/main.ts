import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { buildGoPeers } from "./go.ts";
import { publish } from "./publish.ts";
import { table } from "./result.ts";
import { measureClient } from "./suites/client.ts";
import { measureCodec } from "./suites/codec.ts";
import { measureServer } from "./suites/server.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    publish: { type: "string" },
  },
});
const { quick, json } = values;

const go = buildGoPeers();
if (go === undefined) console.error("Go is not on the path: its columns stay empty.");

const results = [
  ...(await measureServer({
    goServer: go?.server,
    rounds: quick ? 1 : 3,
    beatMs: quick ? 1000 : 5000,
    idleCounts: quick ? [1000] : [1000, 5000, 10_000],
  })),
  ...(await measureClient(quick ? 3 : 15)),
  ...measureCodec(go?.codec, quick ? 300 : 2000),
];

const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`;
const report = `${machine}\n\n${table(results)}`;
console.log(report);
if (values.publish !== undefined) publish(values.publish, report);
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
