/** How much a server takes at once and per second. What is left out has no limit. */
export interface OverloadSettings {
  /**
   * Open WebSockets, handshakes and HTTP requests under way, all together; one more is refused with
   * 503 (S-132). @default no limit
   */
  readonly maxConnections?: number;
  /** WebSocket handshakes; one more is refused with 503 (S-132). @default no limit */
  readonly handshakes?: RateLimit;
  /**
   * Messages of all agents; one more is answered UNAVAILABLE on a WebSocket, with 503 over HTTP
   * (S-130, S-132). @default no limit
   */
  readonly messages?: RateLimit;
  /**
   * Messages of one agent; one more is answered UNAVAILABLE on a WebSocket, with 429 over HTTP
   * (S-130, S-132). @default no limit
   */
  readonly messagesPerAgent?: RateLimit;
  /** When who is refused may come back (S-131, S-132). @default { minMs: 30000, maxMs: 60000 } */
  readonly retryAfter?: RetryAfterRange;
}

/** So many in a row, and then so many per second. */
export interface RateLimit {
  /** In the long run. */
  readonly perSecond: number;
  /** At once, after a pause. @default perSecond */
  readonly burst?: number;
}

/** Each answer says another time, so that those who are refused together do not return together. */
export interface RetryAfterRange {
  /** In milliseconds; HTTP rounds up to seconds. @default 30000 */
  readonly minMs?: number;
  /** In milliseconds, not less than `minMs`. @default 60000, or twice `minMs` if that is more */
  readonly maxMs?: number;
}
