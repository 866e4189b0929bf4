import { DEFAULT_PATH } from "@opamp/protocol";
import {
  connectOverHttp,
  connectOverWebSocket,
  type RawAgent,
  type RawAgentOptions,
  type RawWebSocketAgent,
} from "../raw/raw-agent.ts";
import { type PostOptions, post, type RawResponse } from "../raw/raw-post.ts";
import {
  type OpenWebSocketOptions,
  openWebSocket,
  type RawHandshake,
} from "../raw/raw-web-socket.ts";
import type { Trace } from "../raw/trace.ts";
import type { TransportName } from "../raw/transport-name.ts";
import type { Cleanup } from "./cleanup.ts";
import type { RunningServer, ServerSubject, ServerSubjectSettings } from "./server-subject.ts";

/** What a case about a server works with. All that it opens is closed when the case is over. */
export interface ServerCaseContext {
  /** The transport that the case runs over. */
  readonly transport: TransportName;
  /** Starts the server. */
  start(settings?: ServerSubjectSettings): Promise<StartedServer>;
}

/** A running server, and ways to reach it. */
export interface StartedServer {
  readonly application: RunningServer;
  url(transport: TransportName, path?: string): string;
  /** A raw agent over the transport of the case, or another. */
  connect(options?: RawAgentOptions & { readonly transport?: TransportName }): Promise<RawAgent>;
  /** A raw agent over WebSocket, which shows its socket. */
  connectWebSocket(options?: RawAgentOptions): Promise<RawWebSocketAgent>;
  /** Asks for an upgrade. */
  openWebSocket(options?: OpenWebSocketOptions): Promise<RawHandshake>;
  /** Sends one HTTP request. */
  post(body: Uint8Array, options?: PostOptions): Promise<RawResponse>;
}

/** What the parts of a context share. */
export interface ContextParts {
  readonly transport: TransportName;
  readonly trace: Trace;
  readonly cleanup: Cleanup;
}

export function createServerCaseContext(
  subject: ServerSubject,
  parts: ContextParts,
): ServerCaseContext {
  return {
    transport: parts.transport,
    async start(settings = {}) {
      const application = parts.cleanup.use(await subject.start(settings));
      return startedServer(application, parts, settings.path ?? DEFAULT_PATH);
    },
  };
}

function startedServer(
  application: RunningServer,
  { transport, trace, cleanup }: ContextParts,
  defaultPath: string,
): StartedServer {
  const url: StartedServer["url"] = (scheme, path = defaultPath) =>
    `${scheme === "websocket" ? "ws" : "http"}://127.0.0.1:${application.port}${path}`;
  const connectWebSocket: StartedServer["connectWebSocket"] = async (options) =>
    cleanup.use(await connectOverWebSocket(url("websocket"), { trace, ...options }));
  return {
    application,
    url,
    connectWebSocket,
    connect: async (options = {}) =>
      (options.transport ?? transport) === "websocket"
        ? connectWebSocket(options)
        : connectOverHttp(url("http"), { trace, ...options }),
    async openWebSocket(options) {
      const handshake = await openWebSocket(url("websocket"), { trace, ...options });
      if (handshake.opened) cleanup.add(async () => handshake.socket.cut());
      return handshake;
    },
    post: (body, options) => post(url("http"), body, { trace, ...options }),
  };
}
