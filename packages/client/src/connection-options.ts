import type { Clock, OpAMPError, Random } from "@opamp/protocol";
import type { Route } from "./connection-settings.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { ConnectionState } from "./status.ts";
import type { Session } from "./transport/transport.ts";

export interface ConnectionOptions {
  readonly route: Route;
  readonly instanceUid: () => string;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** From a new WebSocket to the first message of the server (C-233). */
  readonly firstReplyMs: number;
  /** For saying goodbye and closing, before the connection is cut. */
  readonly closeMs: number;
  /** The longest wait that a server may ask for. */
  readonly maxRetryAfterMs: number;
  /** What has to end before the first attempt. @default nothing */
  readonly after?: Promise<void>;
  readonly events: ConnectionEvents;
}

/** What a connection tells; it knows nothing of what is said on it. */
export interface ConnectionEvents {
  onState(state: ConnectionState): void;
  /** From here on another route connects, maybe to another server. */
  onRoute(route: Route): void;
  /** A session may be used. */
  onSession(session: Session): void;
  onMessage(message: Uint8Array): void;
  /** The session has ended; the next one comes by itself unless the connection stops. */
  onSessionLost(): void;
  onConnectFailed(error: OpAMPError): void;
  /** The last chance to say something on a session that is about to close, until the signal fires. */
  beforeClose(session: Session, signal: AbortSignal): Promise<void>;
}
