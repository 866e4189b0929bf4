import {
  type CaseResult,
  type ConformanceCase,
  clientCases,
  serverCases,
  type TransportName,
  transportNames,
} from "../../src/index.ts";
import { createReport } from "../../src/report/create-report.ts";
import type { ConformanceReport } from "../../src/report/report.ts";

/** Runs a case, or tells what came of it. */
export type Examine = (
  one: ConformanceCase,
  transport: TransportName,
) => Promise<CaseResult<ConformanceCase>>;

/** The reports of our client and our server. */
export async function ownReports(examine: Examine): Promise<readonly ConformanceReport[]> {
  return [
    await reportOf("@opamp/client", clientCases, examine),
    await reportOf("@opamp/server", serverCases, examine),
  ];
}

async function reportOf(
  subject: string,
  cases: readonly ConformanceCase[],
  examine: Examine,
): Promise<ConformanceReport> {
  const results: CaseResult<ConformanceCase>[] = [];
  for (const transport of transportNames) {
    for (const one of cases) {
      if (one.transports.includes(transport)) results.push(await examine(one, transport));
    }
  }
  const side = cases[0]?.side ?? "client";
  return createReport({ subject, side, transports: transportNames }, results);
}
