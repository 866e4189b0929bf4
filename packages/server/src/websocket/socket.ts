/** What the core needs of an open WebSocket. */
export interface Socket {
  /**
   * Writes one binary message. Says whether it is written already; if not, it calls back when it was,
   * or with why it was not.
   */
  write(frame: Uint8Array, written: (error?: Error | null) => void): boolean;
  ping(): void;
  /** Stops reading; what was read already may still be delivered. */
  pause(): void;
  resume(): void;
  /** Starts the closing handshake; cuts by itself when the agent does not finish it in time. */
  close(code: number, reason: string): void;
  /** Cuts at once. */
  terminate(): void;
}

/** What a WebSocket tells the core. */
export interface SocketListener {
  received(data: Uint8Array, isBinary: boolean): void;
  ponged(): void;
  /** The agent broke a rule of WebSocket, such as the size limit, and is told so with this code. */
  violated(code: number, cause: Error): void;
  /** The last call. The code is 1006 when there was no close frame. */
  closed(code: number): void;
}
