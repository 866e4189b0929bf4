import type { ConformanceCase } from "../runner/conformance-case.ts";
import { UsageError } from "./usage-error.ts";

/** The cases about any of the ids, or with any of them as their own; all when there are none. */
export function chooseCases<C extends ConformanceCase>(
  cases: readonly C[],
  only: readonly string[],
): readonly C[] {
  if (only.length === 0) return cases;
  const unknown = only.filter((id) => !cases.some((one) => isAbout(one, id)));
  if (unknown.length > 0) {
    throw new UsageError(`no case for this side is about ${unknown.join(", ")}`);
  }
  return cases.filter((one) => only.some((id) => isAbout(one, id)));
}

function isAbout({ id, requirements }: ConformanceCase, wanted: string): boolean {
  return id === wanted || requirements.some((requirement) => requirement === wanted);
}
