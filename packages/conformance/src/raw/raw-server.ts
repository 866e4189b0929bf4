import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { DEFAULT_PATH, type ServerToAgentInit } from "@opamp/protocol";
import { type AnswerBook, createAnswerBook } from "./answer-book.ts";
import { type RawRequest, serveHttp } from "./raw-server-http.ts";
import { type RawServerSocket, type RawUpgrade, serveUpgrades } from "./raw-server-web-socket.ts";
import type { AttemptReaction, MessageReaction } from "./reaction.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { createRecording, type Recording } from "./recording.ts";
import type { Trace } from "./trace.ts";
import type { TransportName } from "./transport-name.ts";

/**
 * A server of scripted answers, on both transports and one port. Without a script it answers each
 * message with the uid of the message, and with its capabilities the first time.
 */
export interface RawServer extends AsyncDisposable {
  readonly port: number;
  /** Where a client connects to. */
  url(transport: TransportName, path?: string): string;
  /** What agents said, over both transports. */
  readonly messages: Recording<ReceivedMessage>;
  readonly requests: Recording<RawRequest>;
  readonly upgrades: Recording<RawUpgrade>;
  readonly sockets: Recording<RawServerSocket>;
  /** Resolves when a client attempts to connect for the first time. */
  readonly attempted: Promise<void>;
  /** The largest number of HTTP requests that waited for their answer at one time. */
  readonly maxRequestsInFlight: number;
  /** Scripts what happens to the next attempts to connect, one after the other. */
  onNextAttempts(...reactions: readonly AttemptReaction[]): void;
  /** Scripts what happens to the next messages, one after the other. */
  onNextMessages(...reactions: readonly MessageReaction[]): void;
  /** Says something: at once on an open WebSocket, else in the answer to the next HTTP request. */
  say(message: ServerToAgentInit): Promise<void>;
}

/** What a server with a certificate needs, in PEM. */
export interface RawServerTls {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

export interface RawServerOptions {
  /** @default 0, any free port */
  readonly port?: number;
  /** @default none: no TLS */
  readonly tls?: RawServerTls;
  /** Capability bits in its first answers. @default all seven */
  readonly capabilities?: bigint;
  /** Takes permessage-deflate when it is offered. @default false */
  readonly deflate?: boolean;
  readonly trace?: Trace;
  /** How long what agents do is waited for, in milliseconds. @default 5000 */
  readonly waitMs?: number;
}

/** Starts a raw server on a free port of the loopback interface. */
export async function startRawServer(options: RawServerOptions = {}): Promise<RawServer> {
  const http = serverFrom(options.tls);
  const { waitMs } = options;
  const messages = createRecording<ReceivedMessage>(waitMs);
  const book = createAnswerBook(options.capabilities);
  const parts = { messages, book, trace: options.trace ?? (() => {}), waitMs };
  const attempted = Promise.withResolvers<void>();
  for (const event of ["upgrade", "request"]) http.once(event, () => attempted.resolve());
  const upgrades = serveUpgrades(http, { ...parts, deflate: options.deflate ?? false });
  const polls = serveHttp(http, parts);
  await listen(http, options.port ?? 0);
  const { port } = http.address() as AddressInfo;
  return {
    port,
    url: (transport, path = DEFAULT_PATH) =>
      `${transport === "websocket" ? "ws" : "http"}${options.tls ? "s://localhost" : "://127.0.0.1"}:${port}${path}`,
    messages,
    requests: polls.requests,
    upgrades: upgrades.upgrades,
    sockets: upgrades.sockets,
    attempted: attempted.promise,
    get maxRequestsInFlight() {
      return polls.maxInFlight();
    },
    onNextAttempts: (...reactions) => book.attempts.push(...reactions),
    onNextMessages: (...reactions) => book.reactions.push(...reactions),
    say: (message) => say(message, book, upgrades.sockets),
    [Symbol.asyncDispose]: () => stop(http, upgrades.sockets),
  };
}

async function say(
  message: ServerToAgentInit,
  book: AnswerBook,
  sockets: Recording<RawServerSocket>,
): Promise<void> {
  const socket = sockets.all.findLast((candidate) => candidate.open);
  if (socket === undefined) book.pending.push(message);
  else await socket.say({ instanceUid: book.lastUid, ...message });
}

function serverFrom(tls: RawServerTls | undefined): Server {
  if (tls === undefined) return createServer();
  return createSecureServer({ cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) });
}

function listen(http: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.on("error", reject).listen(port, "127.0.0.1", resolve);
  });
}

function stop(http: Server, sockets: Recording<RawServerSocket>): Promise<void> {
  for (const socket of sockets.all) socket.cut();
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}
