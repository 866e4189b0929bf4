import type { IncomingMessage } from "node:http";
import { type Clock, OpAMPError, type OpAMPErrorCode } from "@opamp/protocol";
import { oneLine } from "../one-line.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** How much of a refusal's body is read. */
const MAX_READ_BYTES = 4096;

const CODES: Readonly<Record<number, OpAMPErrorCode>> = {
  401: "unauthorized",
  403: "unauthorized",
  429: "throttled",
  503: "throttled",
};

/**
 * The error that an HTTP answer other than the expected one means, with a piece of its body when
 * that is text. Reads a bounded part of the body and destroys the rest.
 */
export async function errorFromResponse(
  response: IncomingMessage,
  clock: Clock,
  codes: Readonly<Record<number, OpAMPErrorCode>> = {},
): Promise<OpAMPError> {
  const { statusCode: status = 0, headers } = response;
  const code = codes[status] ?? CODES[status] ?? "unexpected-response";
  const text = await readText(response);
  const message = `the server answered with status ${status}${text === "" ? "" : `: ${text}`}`;
  if (code !== "throttled") return new OpAMPError(code, message, { status });
  const retryAfterMs = parseRetryAfter(headers["retry-after"], clock.now());
  return new OpAMPError(code, message, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The start of a text body on one line; empty for anything else. */
async function readText(response: IncomingMessage): Promise<string> {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = response.headers;
  if (!/^(text\/|application\/(problem\+)?json)/i.test(type) || encoding !== "identity") {
    response.destroy();
    return "";
  }
  return oneLine((await readStart(response)).toString("utf8"));
}

/** What arrives of the start, also when the rest never does: the status is what counts. */
function readStart(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_READ_BYTES) response.destroy();
    });
    response.on("error", () => response.destroy());
    response.once("close", () => resolve(Buffer.concat(chunks).subarray(0, MAX_READ_BYTES)));
  });
}
