import type { OpAMPError } from "@opamp/protocol";

/**
 * Carries encoded messages to a server and back. A transport knows nothing of what is said; a
 * client core knows nothing of how it travels. One behavioural suite runs over every transport.
 */
export interface Transport {
  readonly name: "websocket" | "http" | "memory";
  /**
   * Whether the server can only speak when it is spoken to (HTTP): the client then polls, and every
   * session starts from nothing.
   */
  readonly pollsForMessages: boolean;
  /**
   * Connects. Rejects with an `OpAMPError` when it cannot, and with one of code `aborted` once the
   * signal fires; nothing is left behind then.
   */
  connect(options: ConnectOptions): Promise<Session>;
}

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** The instance uid at this moment, for the OpAMP-Instance-UID header of HTTP (C-18, C-19). */
  readonly instanceUid: () => string;
  /**
   * Called with each encoded message of the server, in order, without frame header. What it throws
   * ends the session, as a message that breaks the protocol does.
   */
  readonly onMessage: (message: Uint8Array) => void;
  /**
   * Called once, when the session has ended; never before `connect` has resolved. The error says
   * why, and is absent when this end closed it.
   */
  readonly onClose: (error?: OpAMPError) => void;
}

/** One connection, from its establishment to its end. */
export interface Session {
  /**
   * Sends one encoded message (without frame header). Resolves when it was written to the peer: on
   * WebSocket to the socket, on HTTP when its answer has arrived and `onMessage` was called.
   * Rejects with an `OpAMPError` when it was not. Calls do not overlap.
   */
  send(message: Uint8Array): Promise<void>;
  /**
   * Resolves when the peer has all that was sent before; rejects when the session ends without that
   * being known. On HTTP an answer says so, on WebSocket the answer to a ping does.
   */
  received(): Promise<void>;
  /**
   * Closes in order: the WebSocket closing handshake, or the end of the exchange under way.
   * Resolves when closed, and cuts the connection when the signal fires. Idempotent.
   */
  close(code?: number, signal?: AbortSignal): Promise<void>;
}
