import type { ServerToAgentInit } from "@opamp/protocol";
import { processingFailed } from "./answer.ts";
import type { ConnectionCallbacks, ServerCallbacks } from "./callbacks.ts";
import type { Connection } from "./connection.ts";
import type { CallbackGuard } from "./observe/callback-guard.ts";
import type { ReadMessage } from "./read-message.ts";

/** Whom to ask for an answer, and who hears that it failed. */
export interface Application {
  readonly callbacks: ConnectionCallbacks;
  readonly guard: CallbackGuard<keyof ServerCallbacks>;
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
  { guard }: Application,
  connection: Connection,
  thrown: unknown,
): ServerToAgentInit {
  guard.failed("onMessage", thrown, connection);
  return processingFailed;
}

const nothing: ServerToAgentInit = {};

/** A promise of any library. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value;
}
