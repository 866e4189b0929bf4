import type { ConformanceReport } from "../../src/report/report.ts";
import { countsHead, countsOf } from "./counts.ts";
import { tableOf } from "./table.ts";

/** How our client and our server came out. */
export function ownSection(reports: readonly ConformanceReport[]): string {
  return tableOf(
    ["examined", "over", "cases", ...countsHead],
    reports.map((report) => [
      `\`${report.subject}\``,
      report.transports.join(", "),
      report.cases.length,
      ...countsOf(report),
    ]),
  );
}
