import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import {
  CONTENT_TYPE_PROTOBUF,
  encodeServerToAgent,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { contentOf, readBody } from "./body.ts";
import { readAgentToServer } from "./decode.ts";
import type { RawServerParts } from "./raw-server-parts.ts";
import { type AttemptReaction, headersOf, type MessageReaction } from "./reaction.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { createRecording, type Recording } from "./recording.ts";

/** One HTTP request. */
export interface RawRequest {
  readonly atMs: number;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly received: ReceivedMessage;
}

/** Answers the requests of an HTTP server that ask for no upgrade. */
export function serveHttp(
  http: Server,
  parts: RawServerParts,
): { readonly requests: Recording<RawRequest>; readonly maxInFlight: () => number } {
  const requests = createRecording<RawRequest>(parts.waitMs);
  let inFlight = 0;
  let maxInFlight = 0;
  http.on("request", (request: IncomingMessage, response: ServerResponse) => {
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    response.on("close", () => {
      inFlight -= 1;
    });
    // A client that cuts its request has said nothing; the case sees that by what does not come.
    read(request, parts).then(
      (received) => {
        requests.record(received);
        return answer(response, received.received, parts);
      },
      () => response.destroy(),
    );
  });
  return { requests, maxInFlight: () => maxInFlight };
}

async function read(request: IncomingMessage, parts: RawServerParts): Promise<RawRequest> {
  const { method = "", url = "", headers } = request;
  const body = await readBody(request);
  parts.trace("received", `${method} ${url}`, body);
  const encoded = contentOf(headers, body);
  const atMs = performance.now();
  const message = readAgentToServer(encoded);
  const received = {
    transport: "http",
    atMs,
    bytes: body,
    encoded,
    binary: true,
    message,
  } as const;
  return { atMs, method, url, headers, received };
}

async function answer(
  response: ServerResponse,
  received: ReceivedMessage,
  parts: RawServerParts,
): Promise<void> {
  const { book } = parts;
  const attempt: AttemptReaction = book.attempts.shift() ?? { kind: "accept" };
  if (attempt.kind !== "accept") return refuse(response, attempt, parts);
  const said = book.reactions.length > 0 ? undefined : book.pending.shift();
  const message = { ...book.answerTo(received.message, true), ...said };
  const reaction = book.reactions.shift() ?? { kind: "answer" };
  parts.messages.record(received);
  await react({ response, reaction, message, parts });
}

function refuse(
  response: ServerResponse,
  attempt: Exclude<AttemptReaction, { kind: "accept" }>,
  parts: RawServerParts,
): void {
  if (attempt.kind === "drop") response.destroy();
  if (attempt.kind !== "status") return;
  parts.trace("sent", `status ${attempt.status}`, attempt.body);
  response.writeHead(attempt.status, { ...headersOf(attempt) }).end(attempt.body);
}

interface Exchange {
  readonly response: ServerResponse;
  readonly reaction: MessageReaction;
  readonly message: ServerToAgentInit;
  readonly parts: RawServerParts;
}

async function react({ response, reaction, message, parts }: Exchange): Promise<void> {
  const respond = (body: Uint8Array, headers: Readonly<Record<string, string>> = {}): void => {
    parts.trace("sent", "status 200", body);
    response.writeHead(200, { "content-type": CONTENT_TYPE_PROTOBUF, ...headers }).end(body);
  };
  switch (reaction.kind) {
    case "answer":
      return respond(encodeServerToAgent({ ...message, ...reaction.message }));
    case "bytes":
      return respond(reaction.bytes, reaction.headers);
    case "hold":
      await reaction.until;
      return respond(encodeServerToAgent({ ...message, ...reaction.message }));
    case "close":
      return respond(encodeServerToAgent(message), { connection: "close" });
    case "drop":
      response.destroy();
      return;
    case "silence":
  }
}
