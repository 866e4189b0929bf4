import { textAnswer } from "../http/http-answer.ts";
import { HttpEntry } from "../http/http-entry.ts";
import type { ServerStats } from "../observe/server-stats.ts";
import { Entrance } from "../overload/entrance.ts";
import { createServerContext } from "../server-context.ts";
import type { ServerSettings } from "../settings.ts";
import { FetchHttpRequest, type FetchPeer, responseFromAnswer } from "./fetch-request.ts";

/** Serves agents over the HTTP transport on whatever calls a function with a `Request`. */
export interface FetchHandler extends AsyncDisposable {
  /**
   * Answers a request: 404 for one that is not for `settings.path`, 503 after `close`. Never rejects,
   * and may be handed over without its object.
   * @param peer who sends it, where the runtime tells
   */
  readonly fetch: (request: Request, peer?: FetchPeer) => Promise<Response>;
  /** What it has counted since it was made. Nothing ever happens on `websocket`. */
  stats(): ServerStats;
  /**
   * Answers new requests with 503, waits for those under way until the deadline, then cuts them with
   * 503 (L-29). Later calls wait for the first.
   * @param options.deadlineMs @default settings.timeouts.closeMs
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/**
 * Makes a handler; what concerns WebSockets in the settings has no effect. Throws `invalid-argument`
 * for a setting that makes no sense.
 */
export function createFetchHandler(settings: ServerSettings = {}): FetchHandler {
  const context = createServerContext(settings);
  let closed: Promise<void> | undefined;
  const entrance = new Entrance({
    context,
    isOpen: () => closed === undefined,
    openConnections: () => 0,
  });
  const entry = new HttpEntry(context, entrance);

  const shutDown = async (deadlineMs: number): Promise<void> => {
    const deadline = Promise.withResolvers<void>();
    const timer = context.clock.setTimer(deadline.resolve, deadlineMs);
    await Promise.race([entry.finish(), deadline.promise]);
    timer.cancel();
    entry.cut();
    entrance.clear();
  };
  const close: FetchHandler["close"] = ({ deadlineMs = context.timeouts.closeMs } = {}) => {
    closed ??= shutDown(deadlineMs);
    return closed;
  };

  return {
    async fetch(request, peer = {}) {
      if (new URL(request.url).pathname !== context.path) return responseFromAnswer(notFound);
      const adapted = new FetchHttpRequest({ request, peer, deadlines: entry.bodies });
      // An agent that has gone is not answered; its runtime waits for a response all the same.
      void entry.handle(adapted).then(() => adapted.cut());
      return await adapted.response;
    },
    stats: () => context.observer.stats(noWebSockets),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const noWebSockets = {
  handshakes: 0,
  agents: 0,
  messagesPending: 0,
  messagesQueued: 0,
  bytesQueued: 0,
} as const;

const notFound = textAnswer(404, "there is nothing at this path");
