import { AttemptScope } from "./attempt-scope.ts";
import { createDialer, type Dialer } from "./dialer.ts";
import type { NetworkOptions } from "./network-options.ts";
import { firstHop, nextHop } from "./redirect.ts";
import { assertHeaders, DEFAULT_HEADERS, resolveHeaders } from "./request-headers.ts";
import { errorFromResponse } from "./response-error.ts";
import type { ConnectOptions, Session, Transport } from "./transport.ts";
import { createWebSocketSession } from "./websocket-session.ts";

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** OpAMP over WebSocket. Throws `invalid-argument` for options that do not fit. */
export function createWebSocketTransport(options: NetworkOptions): Transport {
  assertHeaders(options.headers);
  const dialer = createDialer(options);
  return {
    name: "websocket",
    pollsForMessages: false,
    connect: (connect) => connectWebSocket({ options, dialer, connect }),
  };
}

interface Attempt {
  readonly options: NetworkOptions;
  readonly dialer: Dialer;
  readonly connect: ConnectOptions;
}

async function connectWebSocket({ options, dialer, connect }: Attempt): Promise<Session> {
  using scope = new AttemptScope(options.clock, connect.signal);
  const { signal } = scope;
  scope.deadline(options.timeouts.connectMs, "no WebSocket connection was made");
  signal.throwIfAborted();
  // Loaded when it is needed: an agent that speaks HTTP alone starts sooner without `ws`.
  const { shakeHands } = await import("./websocket-handshake.ts");
  const headers = await resolveHeaders(options.headers, signal);
  let hop = firstHop(options.url);
  for (;;) {
    const answer = await shakeHands({
      url: hop.url,
      headers: hop.trusted ? headers : DEFAULT_HEADERS,
      agent: dialer.agentFor(hop, { keepAlive: false, signal }),
      signal,
      options,
    });
    if (answer.kind === "open") return createWebSocketSession(answer.socket, { options, connect });
    const { response } = answer;
    const { statusCode: status = 0, headers: fields } = response;
    if (!REDIRECTS.includes(status)) {
      const error = await errorFromResponse(response, options.clock);
      throw signal.aborted ? signal.reason : error;
    }
    response.destroy();
    hop = await nextHop(hop, { status, location: fields.location }, { ...options, signal });
  }
}
