import type { Logger } from "@opamp/protocol";
import { createDeadlines, type Deadlines } from "../deadlines.ts";
import type { WebSocketObserver } from "../observe/transport-observer.ts";
import type { Entrance } from "../overload/entrance.ts";
import type { SizeLimit } from "../prepare-message.ts";
import type { ServerContext } from "../server-context.ts";
import { PongWaiters } from "./pong-waiters.ts";

/** Counted in the size of a message (W-16). */
const FRAME_HEADER_BYTES = 1;

/** A connection as seen by the timers it shares with all others. */
export interface Timed {
  pingDue(): void;
  pongMissed(): void;
  writeStalled(): void;
}

/** What all WebSocket connections of a server share: one timer of each kind, however many they are. */
export interface WebSocketHub<C extends Timed> {
  readonly settings: ServerContext;
  readonly entrance: Entrance;
  readonly logger: Logger;
  readonly observer: WebSocketObserver;
  /** The callbacks of the application are called through it. */
  readonly guard: ServerContext["observer"]["callbacks"];
  readonly sizeLimit: SizeLimit;
  readonly connections: Set<C>;
  readonly pings: Deadlines<C>;
  readonly pongs: Deadlines<C>;
  readonly writes: Deadlines<C>;
  readonly pongWaiters: PongWaiters<C>;
  /** Cut for a missing pong, and not closed yet. */
  readonly unresponsive: Set<C>;
  /** Frees the timers. */
  clear(): void;
}

/** Makes the hub of a server. */
export function createWebSocketHub<C extends Timed>(
  context: ServerContext,
  entrance: Entrance,
): WebSocketHub<C> {
  const { clock, timeouts, observer } = context;
  const pings = createDeadlines<C>({
    clock,
    delayMs: timeouts.pingIntervalMs,
    expire: (connection) => connection.pingDue(),
  });
  const pongs = createDeadlines<C>({
    clock,
    delayMs: timeouts.pongMs,
    expire: (connection) => connection.pongMissed(),
  });
  const writes = createDeadlines<C>({
    clock,
    delayMs: timeouts.writeMs,
    expire: (connection) => connection.writeStalled(),
  });
  return {
    settings: context,
    entrance,
    logger: context.logger,
    observer: observer.websocket,
    guard: observer.callbacks,
    sizeLimit: { maxSendBytes: context.limits.maxSendBytes, headerBytes: FRAME_HEADER_BYTES },
    connections: new Set<C>(),
    pings,
    pongs,
    writes,
    pongWaiters: new PongWaiters(clock),
    unresponsive: new Set<C>(),
    clear() {
      for (const deadlines of [pings, pongs, writes]) deadlines.clear();
    },
  };
}
