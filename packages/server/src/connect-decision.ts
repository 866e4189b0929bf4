import type { ConnectionCallbacks } from "./callbacks.ts";
import type { ConnectDecision, ConnectRequest } from "./connect-request.ts";
import { assertSendableHeader } from "./http/header-rules.ts";
import { type HttpAnswer, textAnswer } from "./http/http-answer.ts";
import type { RefusalReason } from "./observe/server-stats.ts";
import { isAllowedOrigin } from "./security/allowed-origins.ts";
import { rememberIdentity } from "./security/identity.ts";
import type { ServerContext } from "./server-context.ts";

/** Whether an agent is let in, and with which callbacks. */
export type Admission =
  | { readonly admitted: true; readonly callbacks: ConnectionCallbacks }
  | ({ readonly admitted: false } & Refused);

/** Why an agent is not let in, and what it is told. */
export interface Refused {
  readonly reason: RefusalReason;
  readonly answer: HttpAnswer;
}

/** Asks the application whether an agent may connect (S-147, S-148). A failure of it answers 500. */
export async function admit(
  { allowedOrigins, callbacks, observer }: ServerContext,
  request: ConnectRequest,
): Promise<Admission> {
  if (!isAllowedOrigin(request.headers, allowedOrigins)) return ofOtherOrigin;
  try {
    if (callbacks.onConnecting === undefined) return { admitted: true, callbacks };
    const decision: ConnectDecision | undefined = await callbacks.onConnecting(request);
    if (decision === undefined)
      throw new TypeError("no decision; return accept() or reject(status)");
    if (!decision.accept) {
      return { admitted: false, reason: "application", answer: refusal(decision) };
    }
    rememberIdentity(request, decision.identity);
    return { admitted: true, callbacks: decision.callbacks ?? callbacks };
  } catch (thrown) {
    observer.callbacks.failed("onConnecting", thrown);
    const answer = textAnswer(500, "the server failed to decide whether the agent may connect");
    return { admitted: false, reason: "callback-failed", answer };
  }
}

const ofOtherOrigin: Admission = {
  admitted: false,
  reason: "origin",
  answer: textAnswer(403, "pages of this origin may not connect"),
};

function refusal(decision: Extract<ConnectDecision, { accept: false }>): HttpAnswer {
  const { status } = decision;
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new RangeError(`onConnecting refused with status ${status}; expected 400 to 599`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(decision.headers ?? {})) {
    assertSendableHeader(name, value);
    headers[name.toLowerCase()] = value;
  }
  return textAnswer(status, decision.body, headers);
}
