import { OpAMPError } from "@opamp/protocol";
import { parseContentEncoding } from "./content-encoding.ts";
import { type HttpAnswer, textAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-request.ts";

/** What became of a request body: its content, a refusal, or nothing because the agent has gone. */
export type Content =
  | { readonly kind: "content"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly error: OpAMPError; readonly answer?: HttpAnswer }
  | { readonly kind: "gone" };

/** Reads a request body and undoes its coding, within the limit both times (S-13, S-18, S-19). */
export async function readContent(request: HttpRequest, maxBytes: number): Promise<Content> {
  const encoding = parseContentEncoding(request.connect.headers["content-encoding"]);
  if (encoding === undefined) return unsupportedEncoding;
  const body = await request.readBody(maxBytes);
  const decoded =
    body.kind === "complete" && encoding === "gzip"
      ? await request.gzip.decompress(body.bytes, maxBytes)
      : body;
  switch (decoded.kind) {
    case "complete":
      return { kind: "content", bytes: decoded.bytes };
    case "corrupt":
      return { kind: "refused", error: corruptBody(decoded.cause) };
    case "too-large":
      return tooLarge(maxBytes);
    case "timeout":
      return bodyTimeout;
    case "taken":
      return bodyTaken;
    case "aborted":
      return { kind: "gone" };
  }
}

const unsupportedEncoding: Content = {
  kind: "refused",
  error: new OpAMPError("malformed-message", "the request body has an unknown content encoding"),
  answer: textAnswer(415, "send the message as it is, or with Content-Encoding: gzip", {
    "accept-encoding": "gzip, identity",
  }),
};

const bodyTimeout: Content = {
  kind: "refused",
  error: new OpAMPError("timeout", "the request body did not arrive in time"),
  answer: textAnswer(408, "the request body did not arrive in time", { connection: "close" }),
};

/** Who mounts the server sees it at once, instead of a timeout. */
const bodyTaken: Content = {
  kind: "refused",
  error: new OpAMPError(
    "invalid-state",
    "the request body was read before; mount the server before what parses bodies",
  ),
  answer: textAnswer(500, "the server has lost the request body"),
};

function tooLarge(maxBytes: number): Content {
  const problem = `the message is larger than ${maxBytes} bytes`;
  return {
    kind: "refused",
    error: new OpAMPError("message-too-large", problem),
    answer: textAnswer(413, problem),
  };
}

function corruptBody(cause: unknown): OpAMPError {
  return new OpAMPError("malformed-message", "the request body is not valid gzip", { cause });
}
