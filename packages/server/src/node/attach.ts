import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { describeThrown, type Logger } from "@opamp/protocol";
import { textAnswer } from "../http/http-answer.ts";
import type { NodeRequest, NodeResponse, NodeServer } from "./node-types.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import { writeAnswer } from "./write-answer.ts";

/** Who serves a path on an HTTP server. */
export interface Route {
  readonly path: string;
  readonly logger: Logger;
  handleRequest(request: NodeRequest, response: NodeResponse): Promise<void>;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

/**
 * Puts a path before the listeners that an HTTP server has. They get all other requests, as they did
 * before. Returns how to undo it.
 */
export function attachRoute(server: NodeServer, route: Route): () => void {
  const undoRequests = putBefore<[NodeRequest, NodeResponse]>(server, "request", {
    takes: (request) => isFor(route, request),
    handle: (request, response) => route.handleRequest(request, response),
    otherwise: (_request, response) => answerNotFound(response, route.logger),
  });
  const undoUpgrades = putBefore<[IncomingMessage, Duplex, Buffer]>(server, "upgrade", {
    takes: (request) => isFor(route, request),
    handle: (request, socket, head) => route.handleUpgrade(request, socket, head),
    otherwise: (request, socket, head) =>
      refuseUpgrade({ request, socket, head }, notFound, route.logger),
  });
  return () => {
    undoRequests();
    undoUpgrades();
  };
}

interface Handlers<Args extends unknown[]> {
  readonly takes: (...args: Args) => boolean;
  readonly handle: (...args: Args) => Promise<void>;
  /** For what is not taken when nobody else listens. */
  readonly otherwise: (...args: Args) => Promise<void>;
}

/** Lets handlers choose from an event first. Returns how to undo it. */
function putBefore<Args extends unknown[]>(
  server: NodeServer,
  event: "request" | "upgrade",
  { takes, handle, otherwise }: Handlers<Args>,
): () => void {
  const others = server.listeners(event) as ((...args: Args) => void)[];
  let isUndone = false;
  const listener = (...args: Args): void => {
    if (!isUndone && takes(...args)) void handle(...args);
    else if (others.length === 0) void otherwise(...args);
    else for (const other of others) other.apply(server, args);
  };
  server.removeAllListeners(event).on(event, listener);
  return () => {
    isUndone = true;
    // Behind somebody who came later, it stays and passes everything on.
    if (!server.listeners(event).includes(listener)) return;
    server.off(event, listener);
    for (const other of others) server.on(event, other);
  };
}

const notFound = textAnswer(404, "there is nothing at this path");

async function answerNotFound(response: NodeResponse, logger: Logger): Promise<void> {
  try {
    await writeAnswer(response, notFound);
  } catch (thrown) {
    logger.debug(`a request for another path was not answered: ${describeThrown(thrown)}`);
  }
}

function isFor(route: Route, { url = "/" }: NodeRequest): boolean {
  return pathOf(url) === route.path;
}

/** Of a target in any form that it may have, also as proxies are asked (RFC 9112, section 3.2.2). */
function pathOf(target: string): string | undefined {
  if (!target.startsWith("/")) return URL.parse(target)?.pathname;
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}
