import type { IncomingMessage } from "node:http";
import type { TLSSocket, TlsOptions } from "node:tls";
import {
  type AgentToServer,
  decodeAgentToServer,
  decodeFrame,
  encodeFrame,
  encodeServerToAgent,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { startHttpPeer } from "../transport/_util/http-peer.ts";
import type { RawServer } from "../transport/_util/raw-server.ts";
import { startWebSocketPeer } from "../transport/_util/websocket-peer.ts";

/** A real server that answers each message. */
export interface AnsweringServer extends RawServer {
  readonly url: string;
  readonly messages: readonly AgentToServer[];
  /** The handshakes or posts that got through. */
  readonly requests: readonly IncomingMessage[];
  /** The common names of the client certificates, one for each connection; none is empty. */
  readonly clientNames: readonly string[];
}

export interface AnsweringServerOptions {
  readonly scheme: "ws" | "http";
  readonly tls?: TlsOptions;
  /** What it says beside the uid; undefined says nothing at all. @default nothing more */
  readonly answer?: (message: AgentToServer) => ServerToAgentInit | undefined;
}

export async function startAnsweringServer(
  options: AnsweringServerOptions,
): Promise<AnsweringServer> {
  const messages: AgentToServer[] = [];
  const requests: IncomingMessage[] = [];
  const clientNames: string[] = [];
  const reply = (bytes: Uint8Array): Uint8Array | undefined => {
    const message = decodeAgentToServer(bytes);
    messages.push(message);
    const said = options.answer === undefined ? {} : options.answer(message);
    const { instanceUid } = message;
    return said && encodeServerToAgent({ instanceUid, capabilities: 0x7fn, ...said });
  };
  const peer = await startPeer(options, { reply, requests });
  peer.server.on("secureConnection", (socket: TLSSocket) => {
    clientNames.push(socket.getPeerCertificate().subject?.CN ?? "");
  });
  return Object.assign(Object.create(peer) as RawServer, {
    url: peer.url,
    messages,
    requests,
    clientNames,
  });
}

interface Handlers {
  readonly reply: (bytes: Uint8Array) => Uint8Array | undefined;
  readonly requests: IncomingMessage[];
}

async function startPeer(
  { scheme, tls }: AnsweringServerOptions,
  { reply, requests }: Handlers,
): Promise<RawServer & { readonly url: string }> {
  if (scheme === "http") {
    const peer = await startHttpPeer(tls);
    peer.onRequest((exchange) => {
      requests.push(exchange.request);
      const answer = reply(exchange.body);
      if (answer !== undefined) exchange.answer(answer);
    });
    return peer;
  }
  const peer = await startWebSocketPeer({
    ...(tls && { tls }),
    onOpen: (socket) =>
      socket.on("message", (data: Buffer) => {
        const answer = reply(decodeFrame(data));
        if (answer !== undefined) socket.send(encodeFrame(answer));
      }),
  });
  peer.server.on("upgrade", (request) => requests.push(request));
  return peer;
}
