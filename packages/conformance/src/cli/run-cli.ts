import { writeFileSync } from "node:fs";
import { withoutFrames } from "../report/create-report.ts";
import { junitFrom } from "../report/junit.ts";
import type { ConformanceReport } from "../report/report.ts";
import { summaryOf, tableFrom } from "../report/table.ts";
import { isGood } from "../report/verdict.ts";
import { type Order, orderFrom } from "./arguments.ts";
import type { CommonOptions } from "./common-options.ts";
import { examineClient } from "./examine-client.ts";
import { examineServer } from "./examine-server.ts";
import { usage } from "./usage.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

/** How a run ends. */
const exitCodes = { good: 0, notGood: 1, notRun: 2 } as const;

/** Does what a command line asks for; resolves with the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    return await carryOut(orderFrom(argv));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`opamp-conformance: ${error.message}\nSee opamp-conformance --help\n`);
    return exitCodes.notRun;
  }
}

async function carryOut(order: Order): Promise<number> {
  switch (order.kind) {
    case "help":
      process.stdout.write(usage);
      return exitCodes.good;
    case "version":
      process.stdout.write(`${VERSION}\n`);
      return exitCodes.good;
    case "server":
      return conclude(await examineServer(order), order);
    case "client":
      return conclude(await examineClient(order), order);
  }
}

function conclude(report: ConformanceReport, options: CommonOptions): number {
  const { format, output } = options;
  write(textOf(report, options), output);
  if (output !== undefined) {
    process.stderr.write(`${summaryOf(report)}\nThe report is in ${output}, as ${format}.\n`);
  }
  return isGood(report, options.strict) ? exitCodes.good : exitCodes.notGood;
}

function textOf(report: ConformanceReport, { format, frames }: CommonOptions): string {
  const told = frames === "none" ? withoutFrames(report) : report;
  switch (format) {
    case "table":
      return tableFrom(told);
    case "json":
      return `${JSON.stringify(told, undefined, 2)}\n`;
    case "junit":
      return junitFrom(told);
  }
}

function write(text: string, output: string | undefined): void {
  try {
    // Descriptor 1, and not the stream: all is out before the process ends.
    writeFileSync(output ?? 1, text);
  } catch (cause) {
    throw new UsageError(`cannot write the report to ${output ?? "standard output"}`, { cause });
  }
}
