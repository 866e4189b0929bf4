import { describe, expect, it } from "vitest";
import {
  type CaseOutcome,
  describeFailure,
  runServerCase,
  serverCases,
  transportNames,
} from "../src/index.ts";
import { subjectServer } from "./subject-server.ts";

describe.each(transportNames)("@opamp/server over %s", (transport) => {
  for (const one of serverCases) {
    if (!one.transports.includes(transport)) continue;
    it(`${one.title} [${one.requirements.join(" ")}]`, async () => {
      expect(explain(await runServerCase(one, subjectServer, { transport }))).toBe("passed");
    });
  }
});

function explain(result: CaseOutcome): string {
  switch (result.outcome) {
    case "passed":
      return "passed";
    case "skipped":
      return `skipped: ${result.reason}`;
    case "failed":
      return describeFailure(result.error, result.trace);
  }
}
