import type { Logger } from "@opamp/protocol";
import type { ConnectionState } from "./status.ts";

/** Writes where a connection is; `what` names whose it is. */
export function logState(logger: Logger, what: string, state: ConnectionState): void {
  if (state.state !== "backing-off") return logger.info(`${what} is ${state.state}`);
  const { error, attempt, delayMs } = state;
  const reason = `${error.name}: ${error.message}`;
  logger.warn(`${what} waits ${Math.round(delayMs)} ms before attempt ${attempt}: ${reason}`);
}
