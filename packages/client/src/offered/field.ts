import { describeThrown, OpAMPError } from "@opamp/protocol";

/** Puts the name of an offered field before what is wrong with its value. */
export function field<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new OpAMPError("invalid-argument", `${name}: ${describeThrown(cause)}`, { cause });
  }
}

/** A reason to refuse an offer. */
export function refusal(problem: string): OpAMPError {
  return new OpAMPError("invalid-argument", problem);
}
