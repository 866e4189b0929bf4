import type { ServerResponse } from "node:http";

const headers = {
  "cache-control": "no-cache",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** Sends a whole answer. */
export function respond(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, { ...headers, "content-type": contentType });
  response.end(body);
}

/** Begins an answer that goes on for as long as the browser listens. */
export function respondWithEvents(response: ServerResponse): void {
  response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
}

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}

/** An answer that says what is wrong, for the page to show. */
export function errorAnswer(status: number, message: string): Answer {
  return jsonAnswer(status, { message });
}
