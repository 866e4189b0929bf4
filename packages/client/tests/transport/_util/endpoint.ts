import type { IncomingMessage, RequestListener } from "node:http";
import type { TlsOptions } from "node:tls";
import { createTransport } from "../../../src/transport/create-transport.ts";
import { bytes, connectClient } from "./client-end.ts";
import { startHttpPeer } from "./http-peer.ts";
import { type NetworkOverrides, networkOptions } from "./network-options.ts";
import type { RawServer } from "./raw-server.ts";
import { startWebSocketPeer } from "./websocket-peer.ts";

export const schemes = ["ws", "http"] as const;

export type Scheme = (typeof schemes)[number];

/** A server of either kind that takes one message under /v1/opamp. */
export interface Endpoint extends RawServer {
  readonly url: string;
  /** The requests that got through: handshakes, or posts. */
  requests(): readonly IncomingMessage[];
  /** Answers requests for any other path, handshakes included. */
  onOther(listener: RequestListener): void;
}

export async function startEndpoint(scheme: Scheme, tls?: TlsOptions): Promise<Endpoint> {
  return scheme === "ws" ? startWebSocketEndpoint(tls) : startHttpEndpoint(tls);
}

/** Sends one message and closes; rejects with the first thing that fails. */
export async function reach(url: string, overrides: NetworkOverrides = {}): Promise<void> {
  const client = await connectClient(createTransport(networkOptions(url, overrides)));
  await client.session.send(bytes(1));
  await client.session.close();
}

async function startHttpEndpoint(tls: TlsOptions | undefined): Promise<Endpoint> {
  const peer = await startHttpPeer(tls);
  let other: RequestListener = (_request, response) => response.writeHead(404).end();
  peer.onRequest((exchange) => {
    if (isOpAMP(exchange.request)) exchange.answer(bytes());
    else other(exchange.request, exchange.response);
  });
  return Object.assign(Object.create(peer) as RawServer, {
    url: peer.url,
    requests: () => peer.exchanges.map(({ request }) => request).filter(isOpAMP),
    onOther: (listener: RequestListener) => {
      other = listener;
    },
  });
}

async function startWebSocketEndpoint(tls: TlsOptions | undefined): Promise<Endpoint> {
  const peer = await startWebSocketPeer(tls ? { tls } : {});
  return Object.assign(Object.create(peer) as RawServer, {
    url: peer.url,
    requests: () => peer.peers.map(({ request }) => request),
    onOther: (listener: RequestListener) => peer.onRefuse(listener),
  });
}

function isOpAMP({ url = "" }: IncomingMessage): boolean {
  return url.startsWith("/v1/opamp");
}
