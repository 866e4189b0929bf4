import { runClientCase, runServerCase } from "../src/index.ts";
import { tableFrom } from "../src/report/table.ts";
import { isGood } from "../src/report/verdict.ts";
import { subjectClient } from "../tests/subject-client.ts";
import { subjectServer } from "../tests/subject-server.ts";
import { ownReports } from "./page/own-reports.ts";
import { readPage, withTables, writePage } from "./page/page.ts";

// Runs every case over our client and our server, and writes the tables of docs/conformance.md.
const reports = await ownReports((one, transport) =>
  one.side === "client"
    ? runClientCase(one, subjectClient, { transport })
    : runServerCase(one, subjectServer, { transport }),
);
const bad = reports.filter((report) => !isGood(report, true));
for (const report of bad) process.stdout.write(tableFrom(report));
if (bad.length === 0) writePage(withTables(readPage(), reports));
process.exit(bad.length === 0 ? 0 : 1);
