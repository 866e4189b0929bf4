import { type IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TlsOptions } from "node:tls";
import { eventually } from "@opamp/test-kit";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import { type RawServer, startRawServer } from "./raw-server.ts";

/** The server's end of one WebSocket. */
export interface WebSocketPeer {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** Frames as they arrived, header included. */
  readonly frames: readonly Buffer[];
  /** The close code that the client sent. */
  readonly closed: Promise<number>;
}

export interface WebSocketPeerServer extends RawServer {
  readonly peers: readonly WebSocketPeer[];
  /** The address of the one path that accepts. */
  readonly url: string;
  /** Waits for the next connection that has not been taken yet. */
  accept(): Promise<WebSocketPeer>;
  /** Answers the requests for other paths, which get no answer otherwise. */
  onRefuse(listener: RequestListener): void;
}

export interface WebSocketPeerOptions {
  readonly tls?: TlsOptions;
  readonly ws?: ServerOptions;
  /** Called with each socket in the moment that it opens. */
  readonly onOpen?: (socket: WebSocket) => void;
}

/** Starts a server that upgrades every request for /v1/opamp, and never answers others. */
export async function startWebSocketPeer(
  options: WebSocketPeerOptions = {},
): Promise<WebSocketPeerServer> {
  const raw = await startRawServer(options.tls);
  const upgrades = new WebSocketServer({ noServer: true, ...options.ws });
  const peers: WebSocketPeer[] = [];
  let taken = 0;
  let refuse: RequestListener | undefined;
  raw.server.on("upgrade", (request, socket, head) => {
    if (!request.url?.startsWith("/v1/opamp")) {
      socket.once("end", () => socket.destroy()).resume();
      if (refuse !== undefined) answerPlainly(request, socket, refuse);
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (ws) => {
      options.onOpen?.(ws);
      peers.push(createPeer(ws, request));
    });
  });
  return Object.assign(Object.create(raw) as RawServer, {
    peers,
    url: `${raw.origin("ws")}/v1/opamp`,
    onRefuse: (listener: RequestListener) => {
      refuse = listener;
    },
    accept: () =>
      eventually(() => {
        const peer = peers[taken];
        if (peer === undefined) throw new Error("no further WebSocket was opened");
        taken += 1;
        return peer;
      }),
  });
}

function answerPlainly(request: IncomingMessage, socket: Duplex, listener: RequestListener): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket as Socket);
  response.once("finish", () => socket.end());
  listener(request, response);
}

function createPeer(socket: WebSocket, request: IncomingMessage): WebSocketPeer {
  const frames: Buffer[] = [];
  const closed = Promise.withResolvers<number>();
  socket.on("message", (data: Buffer) => frames.push(data));
  socket.on("error", () => socket.terminate());
  socket.once("close", (code) => closed.resolve(code));
  return { socket, request, frames, closed: closed.promise };
}
