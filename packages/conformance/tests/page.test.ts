import { describe, expect, it } from "vitest";
import { ownReports } from "../scripts/page/own-reports.ts";
import { readPage, withTables } from "../scripts/page/page.ts";
import { peersSection } from "../scripts/page/peers-section.ts";
import type { ConformanceReport } from "../src/report/report.ts";

const report: ConformanceReport = {
  specification: "spec",
  subject: "a peer v1",
  side: "server",
  transports: ["http"],
  totals: { passed: 0, failed: 1, skipped: 0, errors: 1, warnings: 0, notes: 0, cases: 1 },
  requirements: [
    {
      id: "S-24",
      strength: "MUST",
      weight: "error",
      requirement: "Echo.",
      section: "S",
      outcome: "failed",
      cases: ["echoes"],
    },
  ],
  cases: [{ id: "echoes", transport: "http", title: "echoes", outcome: "failed", reason: "no" }],
};

describe("docs/conformance.md", () => {
  it("is what npm run conformance writes when every case passes, as the tests of the cases show", async () => {
    const own = await ownReports(async (one, transport) => ({
      outcome: "passed",
      case: one,
      transport,
      durationMs: 0,
    }));
    const page = readPage();
    expect(withTables(page, own)).toBe(page);
  });
});

describe("peersSection", () => {
  it("shows a failure with what was found about it", () => {
    const finding = { verdict: "finding", explanation: "It echoes nothing." } as const;
    const text = peersSection([{ name: "peer", report, findings: { "S-24": finding } }]);
    expect(text).toContain("| S-24 | MUST | echoes (http) | finding | It echoes nothing. |");
    expect(text).toContain("| a peer v1 | http | 1 | 0, 1 | 0, 0 | 0, 0 | 0 |");
  });

  it("stops at a failure that nobody has explained", () => {
    expect(() => peersSection([{ name: "peer", report, findings: {} }])).toThrow(
      "interop/conformance/findings.json lacks peer S-24",
    );
  });
});
