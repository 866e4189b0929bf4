import { encodeFrame } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { createTransport } from "../../../src/transport/create-transport.ts";
import { createMemoryTransportPair } from "../../../src/transport/memory-transport.ts";
import type { Transport } from "../../../src/transport/transport.ts";
import { startHttpPeer } from "./http-peer.ts";
import { networkOptions } from "./network-options.ts";
import { startWebSocketPeer } from "./websocket-peer.ts";

/** A transport and a server for it, the same for every kind of transport. */
export interface TransportFixture extends AsyncDisposable {
  readonly transport: Transport;
  /** Everything the server received, over all sessions, without frame headers. */
  received(): readonly Uint8Array[];
  /** Sends to the client; when the client polls, as the answer to its last message. */
  send(message: Uint8Array): Promise<void>;
  /** Breaks the connection without a goodbye. */
  drop(): Promise<void>;
  /** How many connections the server holds. */
  open(): number;
}

/** What clients of the suite accept at most. */
export const MAX_RECEIVE_BYTES = 1000;

const limits = { maxReceiveBytes: MAX_RECEIVE_BYTES };

export async function webSocketFixture(): Promise<TransportFixture> {
  const peer = await startWebSocketPeer();
  const newest = () =>
    eventually(() => peer.peers.at(-1) ?? Promise.reject(new Error("no WebSocket yet")));
  return {
    transport: createTransport(networkOptions(peer.url, { limits })),
    received: () => peer.peers.flatMap(({ frames }) => frames.map((frame) => frame.subarray(1))),
    send: async (message) => (await newest()).socket.send(encodeFrame(message)),
    drop: async () => (await newest()).socket.terminate(),
    open: () => peer.openConnections,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

export async function httpFixture(): Promise<TransportFixture> {
  const peer = await startHttpPeer();
  return {
    transport: createTransport(networkOptions(peer.url, { limits })),
    received: () => peer.exchanges.map(({ body }) => body),
    send: async (message) => (await peer.accept()).answer(message),
    drop: async () => void (await peer.accept()).response.destroy(),
    open: () => peer.openConnections,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

export async function memoryFixture(pollsForMessages: boolean): Promise<TransportFixture> {
  const { transport, server } = createMemoryTransportPair({ pollsForMessages, ...limits });
  return {
    transport,
    received: () => server.sessions.flatMap(({ messages }) => messages),
    send: async (message) => server.sessions.at(-1)?.send(message),
    drop: async () => server.sessions.at(-1)?.close(),
    open: () => server.sessions.filter(({ ended }) => ended === undefined).length,
    async [Symbol.asyncDispose]() {},
  };
}
