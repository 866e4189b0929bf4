import { describe, expect, it } from "vitest";
import { answerMetric } from "../packages/server/src/metrics/observe-answers.ts";
import { serverMetrics } from "../packages/server/src/metrics/server-metrics.ts";
import { trackerMetrics } from "../packages/server/src/metrics/tracker-metrics.ts";
import {
  closeCauses,
  refusalReasons,
  throttleReasons,
} from "../packages/server/src/observe/server-stats.ts";
import { optionsOfInterface } from "./lib/option-tables.ts";
import { readSource } from "./lib/source-imports.ts";

const page = readSource("docs/server-metrics.md");
const statsSource = readSource("packages/server/src/observe/server-stats.ts");
const eventsSource = readSource("packages/server/src/observe/diagnostics.ts");

/** The rows of the tables under a heading, without their heads. */
function rowsUnder(heading: string): string[] {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const rows = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("|"));
  const isRule = (row = ""): boolean => row.startsWith("| -");
  return rows.filter((row, i) => !isRule(row) && !isRule(rows[i + 1]));
}

/** What stands in backquotes in the first cells of rows. */
function namesIn(rows: readonly string[]): string[] {
  return rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
  );
}

describe("the page on watching a server", () => {
  it("has every metric as the code makes it", () => {
    const rows = [...serverMetrics, ...trackerMetrics, answerMetric].map((metric) => {
      const attributes = metric.attributes.map((name) => `\`${name}\``).join(", ");
      const { name, instrument, unit, description } = metric;
      return `| \`${name}\` | ${instrument} | \`${unit}\` | ${attributes} | ${description} |`;
    });
    const tables = rowsUnder("Metrics").filter((row) => row.startsWith("| `opamp."));
    expect(tables).toEqual(rows.map((row) => row.replace("|  |", "| |")));
  });

  it("has every cause and reason that is counted", () => {
    const names = namesIn(rowsUnder("Causes and reasons"));
    expect(names).toEqual([...closeCauses, ...refusalReasons, ...throttleReasons]);
  });

  it("has every member of the statistics, and what its docstring says", () => {
    const members = ["TransportStats", "WebSocketStats"].flatMap((name) =>
      optionsOfInterface(statsSource, name),
    );
    const rows = members.map(({ name, text }) => `| \`${name}\` | ${text} |`);
    expect(rowsUnder("Statistics")).toEqual(rows);
  });

  it("has every event, and the members of each", () => {
    const events = [...eventsSource.matchAll(/readonly "(opamp\.[\w.]+)": (\w+);/g)];
    const rows = rowsUnder("Events").filter((row) => row.startsWith("| `opamp."));
    expect(namesIn(rows)).toEqual(events.map(([, name = ""]) => name));
    for (const [i, [, , type = ""]] of events.entries()) {
      const own = optionsOfInterface(eventsSource, type).map(({ name }) => name);
      for (const name of own) expect(rows[i]).toContain(`\`${name}\``);
    }
  });
});
