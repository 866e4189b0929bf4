import { CONTENT_TYPE_PROTOBUF } from "@opamp/protocol";
import { statusText } from "./status-text.ts";

/** What goes back for an HTTP request. */
export interface HttpAnswer {
  readonly status: number;
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** An answer that holds a message (S-09, L-27). */
export function messageAnswer(status: number, body: Uint8Array): HttpAnswer {
  return { status, headers: { "content-type": CONTENT_TYPE_PROTOBUF }, body };
}

const encoder = new TextEncoder();

/** An answer that says in a sentence why there is no message (L-27). */
export function textAnswer(
  status: number,
  text: string = statusText(status),
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
    body: encoder.encode(`${text}\n`),
  };
}
