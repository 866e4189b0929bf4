import type { Recording } from "../raw/recording.ts";
import { NotSupportedError } from "../runner/not-supported-error.ts";

/** The error of a case that needs somebody to operate the application of the subject. */
export function needsOperator(what: string): NotSupportedError {
  return new NotSupportedError(`needs an operator: ${what}`);
}

/** A recording of what only the application sees. */
export function unseen<T>(what: string): Recording<T> {
  return {
    get all(): never {
      throw needsOperator(what);
    },
    take: () => Promise.reject(needsOperator(what)),
  };
}
