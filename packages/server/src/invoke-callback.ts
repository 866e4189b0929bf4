import { describeThrown, type Logger, type ServerToAgentInit } from "@opamp/protocol";
import { processingFailed } from "./answer.ts";
import type { ConnectionCallbacks } from "./callbacks.ts";
import type { Connection } from "./connection.ts";
import type { ReadMessage } from "./read-message.ts";

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

/**
 * Asks the application for the answer to a message; a failure becomes an error answer (S-36, S-125).
 * The answer is there at once when the application gives it at once.
 */
export function askForAnswer(
  application: Application,
  connection: Connection,
  { message, instanceUid }: ReadMessage,
): ServerToAgentInit | Promise<ServerToAgentInit> {
  try {
    const said = application.callbacks.onMessage?.(connection, message, instanceUid);
    return isPromise(said) ? answerLater(application, connection, said) : (said ?? nothing);
  } catch (thrown) {
    return failedAnswer(application, connection, thrown);
  }
}

async function answerLater(
  application: Application,
  connection: Connection,
  said: Promise<ServerToAgentInit | undefined | void>,
): Promise<ServerToAgentInit> {
  try {
    return (await said) ?? nothing;
  } catch (thrown) {
    return failedAnswer(application, connection, thrown);
  }
}

function failedAnswer(
  { logger }: Application,
  connection: Connection,
  thrown: unknown,
): ServerToAgentInit {
  logger.error(`onMessage failed on connection ${connection.id}: ${describeThrown(thrown)}`);
  return processingFailed;
}

const nothing: ServerToAgentInit = {};

/** A promise of any library. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value;
}
