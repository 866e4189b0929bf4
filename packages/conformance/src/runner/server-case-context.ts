import {
  connectOverHttp,
  connectOverWebSocket,
  type RawAgent,
  type RawAgentOptions,
  type RawWebSocketAgent,
} from "../raw/raw-agent.ts";
import { type PostOptions, post, type RawResponse } from "../raw/raw-post.ts";
import { exchangeTcp } from "../raw/raw-tcp.ts";
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
  post(body: Uint8Array, options?: PostOptions & { readonly path?: string }): Promise<RawResponse>;
  /** Sends the lines of a request below HTTP; resolves with the head of what comes back. */
  exchangeTcp(lines: readonly string[]): Promise<string>;
}

/** What the parts of a context share. */
export interface ContextParts {
  readonly transport: TransportName;
  readonly trace: Trace;
  readonly cleanup: Cleanup;
  /** How long something is waited for, in milliseconds, unless a case says otherwise. */
  readonly waitMs: number;
}

export function createServerCaseContext(
  subject: ServerSubject,
  parts: ContextParts,
): ServerCaseContext {
  return {
    transport: parts.transport,
    async start(settings = {}) {
      const application = parts.cleanup.use(await subject.start(settings));
      return startedServer(application, parts);
    },
  };
}

function startedServer(
  application: RunningServer,
  { transport, trace, cleanup, waitMs }: ContextParts,
): StartedServer {
  const { access = {} } = application;
  const peer = { access, trace, waitMs };
  const url: StartedServer["url"] = (scheme, path) =>
    path === undefined ? application.url(scheme) : new URL(path, application.url(scheme)).href;
  const connectWebSocket: StartedServer["connectWebSocket"] = async (options) =>
    cleanup.use(await connectOverWebSocket(url("websocket"), { ...peer, ...options }));
  return {
    application,
    url,
    connectWebSocket,
    connect: async (options = {}) =>
      (options.transport ?? transport) === "websocket"
        ? connectWebSocket(options)
        : connectOverHttp(url("http"), { ...peer, ...options }),
    async openWebSocket(options) {
      const handshake = await openWebSocket(url("websocket"), { ...peer, ...options });
      if (handshake.opened) cleanup.add(async () => handshake.socket.cut());
      return handshake;
    },
    exchangeTcp: (lines) => exchangeTcp(new URL(url("http")), lines, access),
    post: (body, { path, ...options } = {}) =>
      post(url("http", path), body, { ...peer, ...options }),
  };
}
