import { type CaseOutcome, describeFailure } from "../src/index.ts";

/** "passed", or why not, with the frames. */
export function explain(result: CaseOutcome): string {
  switch (result.outcome) {
    case "passed":
      return "passed";
    case "skipped":
      return `skipped: ${result.reason}`;
    case "failed":
      return describeFailure(result.error, result.trace);
  }
}
