import { validateHeaderName, validateHeaderValue } from "node:http";
import { describeThrown, type Logger } from "@opamp/protocol";
import type { ConnectionCallbacks, ServerCallbacks } from "./callbacks.ts";
import type { ConnectDecision, ConnectRequest } from "./connect-request.ts";
import { type HttpAnswer, textAnswer } from "./http/http-answer.ts";

/** Whether an agent is let in, and with which callbacks. */
export type Admission =
  | { readonly admitted: true; readonly callbacks: ConnectionCallbacks }
  | { readonly admitted: false; readonly answer: HttpAnswer };

/** Asks the application whether an agent may connect (S-147, S-148). A failure of it answers 500. */
export async function admit(
  callbacks: ServerCallbacks,
  request: ConnectRequest,
  logger: Logger,
): Promise<Admission> {
  try {
    if (callbacks.onConnecting === undefined) return { admitted: true, callbacks };
    const decision: ConnectDecision | undefined = await callbacks.onConnecting(request);
    if (decision === undefined)
      throw new TypeError("no decision; return accept() or reject(status)");
    if (!decision.accept) return { admitted: false, answer: refusal(decision) };
    return { admitted: true, callbacks: decision.callbacks ?? callbacks };
  } catch (thrown) {
    logger.error(`onConnecting failed: ${describeThrown(thrown)}`);
    const answer = textAnswer(500, "the server failed to decide whether the agent may connect");
    return { admitted: false, answer };
  }
}

function refusal(decision: Extract<ConnectDecision, { accept: false }>): HttpAnswer {
  const { status } = decision;
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new RangeError(`onConnecting refused with status ${status}; expected 400 to 599`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(decision.headers ?? {})) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    headers[name.toLowerCase()] = value;
  }
  return textAnswer(status, decision.body, headers);
}
