import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { describeThrown, type Logger } from "@opamp/protocol";
import { textAnswer } from "../http/http-answer.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import { writeAnswer } from "./write-answer.ts";

/** Who serves a path on an HTTP server. */
export interface Route {
  readonly path: string;
  readonly logger: Logger;
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;
type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Puts a path before the listeners that an HTTP server has. They get all other requests, as they did
 * before. Returns how to undo it.
 */
export function attachRoute(server: HttpServer, route: Route): () => void {
  const onRequests = server.listeners("request") as RequestListener[];
  const onUpgrades = server.listeners("upgrade") as UpgradeListener[];

  const onRequest: RequestListener = (request, response) => {
    if (isFor(route, request)) void route.handleRequest(request, response);
    else if (onRequests.length === 0) void answerNotFound(response, route.logger);
    else for (const listener of onRequests) listener.call(server, request, response);
  };
  const onUpgrade: UpgradeListener = (request, socket, head) => {
    if (isFor(route, request)) void route.handleUpgrade(request, socket, head);
    else if (onUpgrades.length === 0)
      void refuseUpgrade({ request, socket, head }, notFound, route.logger);
    else for (const listener of onUpgrades) listener.call(server, request, socket, head);
  };

  server.removeAllListeners("request").on("request", onRequest);
  server.removeAllListeners("upgrade").on("upgrade", onUpgrade);
  return () => {
    server.off("request", onRequest).off("upgrade", onUpgrade);
    for (const listener of onRequests) server.on("request", listener);
    for (const listener of onUpgrades) server.on("upgrade", listener);
  };
}

const notFound = textAnswer(404, "there is nothing at this path");

async function answerNotFound(response: ServerResponse, logger: Logger): Promise<void> {
  try {
    await writeAnswer(response, notFound);
  } catch (thrown) {
    logger.debug(`a request for another path was not answered: ${describeThrown(thrown)}`);
  }
}

function isFor(route: Route, { url = "/" }: IncomingMessage): boolean {
  const query = url.indexOf("?");
  return (query === -1 ? url : url.slice(0, query)) === route.path;
}
