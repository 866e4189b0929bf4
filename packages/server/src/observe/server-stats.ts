import type { ServerCallbacks } from "../callbacks.ts";

/** Why a request did not become a connection. */
export const refusalReasons = [
  /** It opens no connection: wrong method, media type or handshake. */
  "malformed",
  /** A page in a browser that may not connect from where it is. */
  "origin",
  /** `onConnecting` said no. */
  "application",
  /** `onConnecting` failed. */
  "callback-failed",
  /** The server closes. */
  "closing",
  /** There are as many connections as there may be. */
  "connections",
  /** More handshakes in a second than there may be. */
  "handshake-rate",
  /** More messages in a second than there may be: over HTTP each is a request. */
  "message-rate",
  /** The agent sends more in a second than it may, over HTTP. */
  "agent-message-rate",
  /** `onConnecting` did not decide in time. */
  "decision-timeout",
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

/** What ended a connection. */
export const closeCauses = [
  /** All its agents said goodbye. */
  "agent-disconnect",
  /** The agent closed the WebSocket without a goodbye. */
  "agent-close",
  /** The HTTP exchange was answered. */
  "answered",
  /** It broke. */
  "network",
  /** The agent did not answer a ping. */
  "ping-timeout",
  /** The agent read too slowly. */
  "slow-reader",
  /** The agent broke a rule of WebSocket, the size limit among them. */
  "violation",
  /** The agent went on sending more messages than it may. */
  "overload",
  /** The application called `disconnect`. */
  "application",
  /** The server closed. */
  "shutdown",
] as const;

export type CloseCause = (typeof closeCauses)[number];

/** Why a message on a WebSocket was not handed to `onMessage`. */
export const throttleReasons = [
  /** All agents together send more in a second than they may. */
  "message-rate",
  /** Its agent does. */
  "agent-message-rate",
  /** Too many agents share the connection. */
  "agents-per-connection",
] as const;

export type ThrottleReason = (typeof throttleReasons)[number];

/** What was counted for one transport since the server was made. */
export interface TransportStats {
  /** WebSockets open now; HTTP requests under way now. */
  readonly open: number;
  /** WebSockets that opened; HTTP exchanges that were let in. */
  readonly opened: number;
  /** Connections that ended, by what ended them. */
  readonly closed: Readonly<Record<CloseCause, number>>;
  /** Requests that did not become a connection, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Messages that could be read. */
  readonly messagesReceived: number;
  /** Of messages that could be read: decompressed, without the frame header. */
  readonly bytesReceived: number;
  /** What arrived and was no message. */
  readonly messagesUnreadable: number;
  /** Messages that were written. */
  readonly messagesSent: number;
  /** Of messages that were written: before compression, without the frame header. */
  readonly bytesSent: number;
  /** Answers and pushes that were not written, or given up. */
  readonly messagesUnsent: number;
}

export interface WebSocketStats extends TransportStats {
  /** Messages that were answered UNAVAILABLE in place of being handed to `onMessage`, by reason. */
  readonly throttled: Readonly<Record<ThrottleReason, number>>;
  /** Upgrades now between their request and their answer. */
  readonly handshakes: number;
  /** Agents that share the open WebSockets now. */
  readonly agents: number;
  /** Messages received that wait for `onMessage` now. */
  readonly messagesPending: number;
  /** Messages that wait for slow readers now. */
  readonly messagesQueued: number;
  /** Bytes that wait for slow readers now. */
  readonly bytesQueued: number;
}

/** What a server has counted since it was made, and what it holds now. Plain data, never changed. */
export interface ServerStats {
  readonly websocket: WebSocketStats;
  readonly http: TransportStats;
  /** Callbacks that threw or rejected. */
  readonly callbackFailures: Readonly<Record<keyof ServerCallbacks, number>>;
}
