import type { Logger } from "@opamp/protocol";
import type { ConnectionState } from "./status.ts";
import { describeUrl, resolveServerUrl } from "./transport/server-url.ts";

/** Whose connection it is, and where it goes. */
export interface LoggedConnection {
  readonly what: string;
  readonly serverUrl: string | URL;
}

/** Writes where a connection is. */
export function logState(
  logger: Logger,
  { what, serverUrl }: LoggedConnection,
  state: ConnectionState,
): void {
  if (state.state === "connecting")
    return logger.info(`${what} is connecting to ${nameOf(serverUrl)}`);
  if (state.state !== "backing-off") return logger.info(`${what} is ${state.state}`);
  const { error, attempt, delayMs } = state;
  const reason = `${error.name}: ${error.message}`;
  logger.warn(`${what} waits ${Math.round(delayMs)} ms before attempt ${attempt}: ${reason}`);
}

function nameOf(serverUrl: string | URL): string {
  try {
    return describeUrl(resolveServerUrl(serverUrl));
  } catch {
    // A transport of the user's may go to what is no URL of ours.
    return "its server";
  }
}
