/**
 * Every error code of this project, what it means, and whether the same call may succeed later.
 * `docs/errors.md` says what to do about each.
 */
const codes = {
  "invalid-argument": { retryable: false },
  "invalid-state": { retryable: false },
  "capability-not-declared": { retryable: false },
  "peer-lacks-capability": { retryable: false },
  "queue-full": { retryable: true },
  "message-too-large": { retryable: false },
  "malformed-message": { retryable: false },
  "connect-failed": { retryable: true },
  "connection-lost": { retryable: true },
  "proxy-failed": { retryable: true },
  "tls-failed": { retryable: true },
  unauthorized: { retryable: true },
  "unexpected-response": { retryable: true },
  "redirect-refused": { retryable: true },
  throttled: { retryable: true },
  timeout: { retryable: true },
  "bad-request": { retryable: false },
  "server-error": { retryable: false },
  "callback-failed": { retryable: false },
  "content-mismatch": { retryable: false },
  "state-unusable": { retryable: true },
  aborted: { retryable: false },
  stopped: { retryable: false },
} as const;

/** What kind of thing went wrong. The set only grows within a major version. */
export type OpAMPErrorCode = keyof typeof codes;

/** All error codes. */
export const opAMPErrorCodes: readonly OpAMPErrorCode[] = Object.keys(codes) as OpAMPErrorCode[];

export interface OpAMPErrorOptions {
  /** The error underneath, for logs. */
  readonly cause?: unknown;
  /** The HTTP status the peer answered with, where there was one. */
  readonly status?: number;
  /** How long the peer asked to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number;
}

/**
 * The one error class of this project. The message is safe to show: it holds no credentials.
 *
 * @example
 * if (error instanceof OpAMPError && error.code === "unauthorized") refreshToken();
 */
export class OpAMPError extends Error {
  readonly code: OpAMPErrorCode;
  /** Whether trying the same again, later, can succeed. */
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: OpAMPErrorCode, message: string, options: OpAMPErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = `OpAMPError [${code}]`;
    this.code = code;
    this.retryable = codes[code].retryable;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Makes an `OpAMPError` of anything that was thrown; one that is one already stays as it is. */
  static from(thrown: unknown, code: OpAMPErrorCode, message: string): OpAMPError {
    if (thrown instanceof OpAMPError) return thrown;
    return new OpAMPError(code, `${message}: ${describeThrown(thrown)}`, { cause: thrown });
  }
}

/** A one-line description of anything that was thrown. */
export function describeThrown(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "") {
    return thrown.errors.map(describeThrown).join("; ");
  }
  if (thrown instanceof Error) return thrown.message.replace(/\s+/g, " ").trim() || thrown.name;
  if (typeof thrown === "object" && thrown !== null) return Object.prototype.toString.call(thrown);
  return String(thrown);
}
