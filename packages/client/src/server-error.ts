import { OpAMPError, type ServerErrorResponse, ServerErrorResponseType } from "@opamp/protocol";
import { oneLine } from "./one-line.ts";

/** What the server's answer says, as an error; `throttled` when it wants to be left alone. */
export function errorFromServer(response: ServerErrorResponse): OpAMPError {
  const text = oneLine(response.errorMessage) || "no reason given";
  switch (response.type) {
    case ServerErrorResponseType.BadRequest:
      return new OpAMPError("bad-request", `the server could not read a message: ${text}`);
    case ServerErrorResponseType.Unavailable:
      return new OpAMPError("throttled", `the server is overloaded: ${text}`, retryAfter(response));
    default:
      return new OpAMPError("server-error", `the server failed on a message: ${text}`);
  }
}

function retryAfter({ Details }: ServerErrorResponse): { readonly retryAfterMs?: number } {
  if (Details.case !== "retryInfo") return {};
  return { retryAfterMs: Math.ceil(Number(Details.value.retryAfterNanoseconds) / 1e6) };
}
