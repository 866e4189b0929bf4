import type { RequirementReport } from "../../src/report/report.ts";
import { countsHead, countsOf } from "./counts.ts";
import type { Peer } from "./peers.ts";
import { tableOf } from "./table.ts";

/** How implementations of others came out. Throws when a failure is not explained. */
export function peersSection(peers: readonly Peer[]): string {
  const unexplained = peers.flatMap(unexplainedOf);
  if (unexplained.length > 0) {
    throw new Error(`interop/conformance/findings.json lacks ${unexplained.join(", ")}`);
  }
  if (peers.length === 0) return "None has been examined yet.";
  const overview = tableOf(
    ["examined", "over", "cases", ...countsHead],
    peers.map(({ report }) => [
      report.subject,
      report.transports.join(", "),
      report.cases.length,
      ...countsOf(report),
    ]),
  );
  return [overview, ...peers.map(failuresOf)].join("\n\n");
}

function unexplainedOf({ name, report, findings }: Peer): readonly string[] {
  return report.requirements
    .filter(({ outcome, weight }) => outcome === "failed" && weight !== "note")
    .filter(({ id }) => findings[id] === undefined)
    .map(({ id }) => `${name} ${id}`);
}

function failuresOf({ report, findings }: Peer): string {
  const failed = report.requirements.filter(({ outcome }) => outcome === "failed");
  const title = `#### ${report.subject}`;
  if (failed.length === 0) return `${title}\n\nNothing failed.`;
  const rows = failed.map((one) => {
    const strength = one.strength.replaceAll("*", "\\*");
    const { verdict, explanation } = findings[one.id] ?? { verdict: "", explanation: "" };
    return [one.id, strength, seenOf(one, report), verdict, explanation];
  });
  return `${title}\n\n${tableOf(["id", "strength", "failed cases", "verdict", "explanation"], rows)}`;
}

function seenOf({ cases }: RequirementReport, report: Peer["report"]): string {
  const failed = report.cases.filter(
    ({ id, outcome }) => outcome === "failed" && cases.includes(id),
  );
  return [...new Set(failed.map(({ id, transport }) => `${id} (${transport})`))].join(", ");
}
