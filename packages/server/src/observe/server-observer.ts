import type { Logger } from "@opamp/protocol";
import type { ServerCallbacks } from "../callbacks.ts";
import { CallbackGuard } from "./callback-guard.ts";
import type { ServerStats, TransportStats, WebSocketStats } from "./server-stats.ts";
import { TransportObserver, WebSocketObserver } from "./transport-observer.ts";

/** What is not counted, but found out when somebody asks. */
export type WebSocketGauges = Omit<WebSocketStats, keyof TransportStats | "throttled">;

/** Counts what a server does, and publishes it. */
export class ServerObserver {
  readonly websocket: WebSocketObserver = new WebSocketObserver();
  readonly http: TransportObserver = new TransportObserver();
  readonly callbacks: CallbackGuard<keyof ServerCallbacks>;

  constructor(logger: Logger) {
    this.callbacks = new CallbackGuard<keyof ServerCallbacks>(logger, {
      onConnecting: 0,
      onConnected: 0,
      onMessage: 0,
      onReadMessageError: 0,
      onMessageResponseError: 0,
      onConnectionClosed: 0,
    });
  }

  stats(gauges: WebSocketGauges): ServerStats {
    const { websocket } = this;
    return structuredClone({
      websocket: { ...websocket.counts, throttled: websocket.throttledCounts, ...gauges },
      http: this.http.counts,
      callbackFailures: this.callbacks.failures,
    });
  }
}
