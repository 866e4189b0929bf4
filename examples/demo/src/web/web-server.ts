import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Clock, isInstanceUid } from "@opamp/protocol";
import type { TellOutcome } from "@opamp/server";
import type { Fleet } from "../fleet/fleet.ts";
import { streamEvents } from "./event-stream.ts";
import { pageFile } from "./page-files.ts";
import { readBody } from "./read-body.ts";
import { refusalOf } from "./request-guard.ts";
import { type Answer, errorAnswer, jsonAnswer, respond } from "./respond.ts";

export interface WebServerOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  /** Where agents connect, for the page to say. */
  readonly opampUrl: string;
}

/** Serves the page, the events it lives on, and the requests it makes. */
export function createWebServer(options: WebServerOptions): Server {
  return createServer((request, response) => {
    const refusal = refusalOf(request);
    if (refusal !== undefined) return respond(response, errorAnswer(403, refusal));
    const [path = "", query] = (request.url ?? "").split("?", 2);
    if (path === "/api/events" && request.method === "GET") {
      const uid = uidOf(new URLSearchParams(query).get("agent"));
      return streamEvents(response, { ...options, uid });
    }
    answer(path, request, options.fleet).then(
      (found) => respond(response, found),
      () => failed(response),
    );
  });
}

async function answer(path: string, request: IncomingMessage, fleet: Fleet): Promise<Answer> {
  const [, uid, action] = /^\/api\/agents\/([0-9a-f-]{36})\/(config|restart)$/.exec(path) ?? [];
  if (uid !== undefined && action === "config" && request.method === "PUT") {
    const text = await readBody(request, MAX_CONFIG_BYTES);
    if (text !== undefined) return outcomeAnswer(await fleet.configure(uid, text));
    return errorAnswer(413, "A config is UTF-8 text of at most 1 MiB.");
  }
  if (uid !== undefined && action === "restart" && request.method === "POST") {
    return outcomeAnswer(await fleet.restart(uid));
  }
  const file = request.method === "GET" ? await pageFile(path) : undefined;
  return file ?? errorAnswer(404, `There is nothing at ${request.method} ${path}.`);
}

const MAX_CONFIG_BYTES = 1024 * 1024;

function outcomeAnswer(outcome: TellOutcome): Answer {
  switch (outcome) {
    case "unknown-agent":
      return errorAnswer(404, "This agent has not been heard since the server started.");
    case "not-supported":
      return errorAnswer(409, "This agent does not accept that; see its capabilities.");
    default:
      return jsonAnswer(200, { outcome });
  }
}

function uidOf(text: string | null): string | undefined {
  return text !== null && isInstanceUid(text) ? text : undefined;
}

// A request that broke off has nobody to answer; what else fails is not for the page to know.
function failed(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) return;
  respond(response, errorAnswer(500, "The server failed."));
}
