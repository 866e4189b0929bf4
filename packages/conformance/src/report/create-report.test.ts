import { describe, expect, it } from "vitest";
import type { ServerCase } from "../runner/conformance-case.ts";
import type { CaseOutcome, CaseResult } from "../runner/run-cases.ts";
import { createReport, withoutFrames } from "./create-report.ts";
import { isGood } from "./verdict.ts";

const head = { subject: "x", side: "server", transports: ["http"] } as const;
const trace = [{ atMs: 1, direction: "sent", what: "POST", bytes: Uint8Array.of(1) }] as const;
const failed = { outcome: "failed", error: new Error("no"), trace } as const;
const passed = { outcome: "passed" } as const;
const skipped = { outcome: "skipped", reason: "needs an operator" } as const;

function result(
  id: string,
  requirements: ServerCase["requirements"],
  outcome: CaseOutcome,
): CaseResult<ServerCase> {
  const info = { id, title: id, requirements, transports: ["http"] } as const;
  const one: ServerCase = { ...info, side: "server", run: async () => {} };
  return { ...outcome, case: one, transport: "http", durationMs: 1.4 };
}

describe("createReport", () => {
  it("fails a requirement with any case, and passes it with one that was not skipped", () => {
    const { requirements, totals } = createReport(head, [
      result("a", ["S-24", "S-34"], passed),
      result("b", ["S-24", "S-36"], failed),
      result("c", ["S-34", "S-37", "L-27"], skipped),
    ]);
    expect(requirements).toMatchObject([
      { id: "S-24", outcome: "failed", cases: ["a", "b"], strength: "MUST", weight: "error" },
      { id: "S-34", outcome: "passed", cases: ["a", "c"] },
      { id: "S-36", outcome: "failed" },
      { id: "S-37", outcome: "skipped", reason: "needs an operator" },
      { id: "L-27", outcome: "skipped", strength: "lesson", weight: "note" },
    ]);
    expect(totals).toEqual({
      passed: 1,
      failed: 2,
      skipped: 2,
      errors: 2,
      warnings: 0,
      notes: 0,
      cases: 3,
    });
  });

  it("shows the frames of a failure, unless they are left out", () => {
    const report = createReport(head, [result("b", ["S-24"], failed)]);
    expect(report.cases).toMatchObject([
      { reason: "no", durationMs: 1, frames: ["    1 ms -> POST (1 bytes) 01"] },
    ]);
    expect(withoutFrames(report).cases).toEqual([
      { id: "b", title: "b", transport: "http", outcome: "failed", reason: "no" },
    ]);
  });
});

describe("isGood", () => {
  it("forgives a broken SHOULD unless it is strict, and never a broken MUST", () => {
    const should = createReport(head, [result("a", ["S-23"], failed)]);
    const must = createReport(head, [result("a", ["S-24"], failed)]);
    expect([isGood(should, false), isGood(should, true)]).toEqual([true, false]);
    expect([isGood(must, false), isGood(must, true)]).toEqual([false, false]);
  });
});
