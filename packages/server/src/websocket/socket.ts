/** Who is told when something was written, or why it was not. */
export interface Writer {
  written(error?: Error | null): void;
}

/** What the core needs of an open WebSocket. */
export interface Socket {
  /**
   * Writes an encoded message as one binary message of WebSocket, after its header (W-08, W-09). Says
   * whether it is written already; if not, it tells the writer when it was.
   */
  write(message: Uint8Array, writer: Writer): boolean;
  /**
   * The same, but at the end of the turn of the event loop, if it can be taken to succeed. When it says
   * false, nothing is written.
   */
  writeSoon(message: Uint8Array): boolean;
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
  /** The first call. */
  opened(): void;
  received(data: Uint8Array, isBinary: boolean): void;
  ponged(): void;
  /** The agent broke a rule of WebSocket, such as the size limit, and is told so with this code. */
  violated(code: number, cause: Error): void;
  /** The last call. The code is 1006 when there was no close frame. */
  closed(code: number): void;
}
