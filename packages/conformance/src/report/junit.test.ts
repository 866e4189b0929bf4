import { describe, expect, it } from "vitest";
import { junitFrom } from "./junit.ts";
import type { ConformanceReport } from "./report.ts";

const requirement = {
  id: "S-24",
  strength: "MUST",
  weight: "error",
  requirement: 'Echo "the" uid & <no> other.',
  section: "Section (L1)",
  outcome: "failed",
  cases: ["fails", "passes"],
} as const;

const report: ConformanceReport = {
  specification: "open-telemetry/opamp-spec",
  subject: "ws://host/?a=1&b=2",
  side: "server",
  transports: ["websocket", "http"],
  totals: { passed: 0, failed: 1, skipped: 0, errors: 1, warnings: 0, notes: 0, cases: 1 },
  requirements: [
    requirement,
    { ...requirement, id: "S-25", outcome: "skipped", reason: "no", cases: ["skips"] },
  ],
  cases: [
    {
      id: "fails",
      transport: "websocket",
      title: "fails",
      outcome: "failed",
      durationMs: 1500,
      reason: "a < b\nand \u0000 too",
      frames: ["1 ms -> frame"],
    },
    { id: "passes", transport: "http", title: "passes", outcome: "passed", durationMs: 2 },
    { id: "skips", transport: "http", title: "skips", outcome: "skipped", reason: 'needs "x"' },
  ],
};

describe("junitFrom", () => {
  it("has a suite for each transport, with its counts", () => {
    const xml = junitFrom(report);
    expect(xml).toMatch(/<testsuites name="ws:\/\/host\/\?a=1&amp;b=2">/);
    expect(xml).toContain(
      '<testsuite name="server over websocket" tests="1" failures="1" errors="0" skipped="0" time="1.5">',
    );
    expect(xml).toContain(
      '<testsuite name="server over http" tests="2" failures="0" errors="0" skipped="1" time="0.002">',
    );
  });

  it("escapes what XML gives a meaning, and replaces what XML cannot hold", () => {
    const xml = junitFrom(report);
    expect(xml).toContain('name="S-24 MUST: Echo &quot;the&quot; uid &amp; &lt;no&gt; other."');
    expect(xml).toContain(
      '<failure type="error" message="fails">fails: fails\na &lt; b\nand \u{FFFD} too\n1 ms -&gt; frame</failure>',
    );
    expect(xml).toContain('<skipped message="needs &quot;x&quot;"/>');
  });
});
