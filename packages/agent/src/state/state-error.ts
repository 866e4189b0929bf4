import { OpAMPError } from "@opamp/protocol";

/** The state directory cannot be used as it is. */
export function stateUnusable(message: string): OpAMPError {
  return new OpAMPError("state-unusable", message);
}
