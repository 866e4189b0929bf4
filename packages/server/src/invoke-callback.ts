import {
  type AgentToServer,
  describeThrown,
  type Logger,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { processingFailed } from "./answer.ts";
import type { ConnectionCallbacks } from "./callbacks.ts";
import type { Connection } from "./connection.ts";

/** Calls the application to tell it something. What it throws is logged and goes no further (L-07). */
export async function notify(
  logger: Logger,
  what: string,
  call: () => void | Promise<void> | undefined,
): Promise<void> {
  try {
    await call();
  } catch (thrown) {
    logger.error(`${what} failed: ${describeThrown(thrown)}`);
  }
}

/** Whom to ask for an answer, and where to write what went wrong. */
export interface Application {
  readonly callbacks: ConnectionCallbacks;
  readonly logger: Logger;
}

/** Asks the application for the answer to a message; a failure becomes an error answer (S-36, S-125). */
export async function askForAnswer(
  { callbacks, logger }: Application,
  connection: Connection,
  message: AgentToServer,
): Promise<ServerToAgentInit> {
  try {
    return (await callbacks.onMessage?.(connection, message)) ?? {};
  } catch (thrown) {
    logger.error(`onMessage failed on connection ${connection.id}: ${describeThrown(thrown)}`);
    return processingFailed;
  }
}
