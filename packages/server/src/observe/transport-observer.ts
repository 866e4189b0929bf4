import type { InstanceUid, OpAMPError } from "@opamp/protocol";
import type { ConnectRequest } from "../connect-request.ts";
import type { CloseReason, Connection } from "../connection.ts";
import * as events from "./diagnostics.ts";
import {
  type CloseCause,
  closeCauses,
  type RefusalReason,
  refusalReasons,
  type ThrottleReason,
  type TransportStats,
  throttleReasons,
} from "./server-stats.ts";

/** The numbers of a part of the statistics, to be counted up. */
type Counting<T> = {
  -readonly [K in keyof T]: T[K] extends number ? number : { -readonly [R in keyof T[K]]: number };
};

/** What `closed` is told. */
export interface Ending {
  readonly reason: CloseReason;
  readonly cause: CloseCause;
}

/** Where a request came from: little, so that many can be refused. */
export type Origin = Pick<ConnectRequest, "transport" | "remoteAddress">;

/** What `refused` is told. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly status: number | undefined;
}

/**
 * Counts what happens on one transport of a server, and publishes it to those who listen. For a
 * message that is an addition and a look whether anybody does.
 */
export class TransportObserver {
  readonly #counts: Counting<TransportStats> = createCounts();

  get counts(): TransportStats {
    return this.#counts;
  }

  /** One more is open, or under way. */
  begun(): void {
    this.#counts.open += 1;
  }

  ended(): void {
    this.#counts.open -= 1;
  }

  opened(connection: Connection): void {
    this.#counts.opened += 1;
    if (!events.opened.hasSubscribers) return;
    const { remoteAddress } = connection.request;
    events.opened.publish({ ...identityOf(connection), remoteAddress });
  }

  closed(connection: Connection, { reason, cause }: Ending): void {
    this.#counts.closed[cause] += 1;
    if (!events.closed.hasSubscribers) return;
    events.closed.publish({ ...identityOf(connection), reason, cause });
  }

  refused({ transport, remoteAddress }: Origin, { reason, status }: Refusal): void {
    this.#counts.refused[reason] += 1;
    if (!events.refused.hasSubscribers) return;
    events.refused.publish({ transport, remoteAddress, reason, status });
  }

  received(connection: Connection, instanceUid: InstanceUid, bytes: number): void {
    this.#counts.messagesReceived += 1;
    this.#counts.bytesReceived += bytes;
    if (!events.received.hasSubscribers) return;
    events.received.publish({ ...identityOf(connection), instanceUid, bytes });
  }

  unreadable(connection: Connection, error: OpAMPError): void {
    this.#counts.messagesUnreadable += 1;
    if (!events.unreadable.hasSubscribers) return;
    events.unreadable.publish({ ...identityOf(connection), error });
  }

  sent(connection: Connection, instanceUid: InstanceUid | undefined, bytes: number): void {
    this.#counts.messagesSent += 1;
    this.#counts.bytesSent += bytes;
    if (!events.sent.hasSubscribers) return;
    events.sent.publish({ ...identityOf(connection), instanceUid, bytes });
  }

  /** Whether somebody wants to know how long answers take. */
  get timesAnswers(): boolean {
    return events.answered.hasSubscribers;
  }

  answered(connection: Connection, startMs: number): void {
    const durationMs = performance.now() - startMs;
    events.answered.publish({ ...identityOf(connection), durationMs });
  }

  unsent(connection: Connection, error: OpAMPError): void {
    this.#counts.messagesUnsent += 1;
    if (!events.unsent.hasSubscribers) return;
    events.unsent.publish({ ...identityOf(connection), error });
  }
}

/** On a WebSocket, messages can be turned away one by one. */
export class WebSocketObserver extends TransportObserver {
  readonly #throttled = zeros(throttleReasons);

  get throttledCounts(): Readonly<Record<ThrottleReason, number>> {
    return this.#throttled;
  }

  throttled(
    connection: Connection,
    instanceUid: InstanceUid | undefined,
    reason: ThrottleReason,
  ): void {
    this.#throttled[reason] += 1;
    if (!events.throttled.hasSubscribers) return;
    events.throttled.publish({ ...identityOf(connection), instanceUid, reason });
  }
}

function identityOf({
  id,
  transport,
}: Connection): Pick<events.ConnectionOpenedEvent, "connectionId" | "transport"> {
  return { connectionId: id, transport };
}

function createCounts(): Counting<TransportStats> {
  return {
    open: 0,
    opened: 0,
    closed: zeros(closeCauses),
    refused: zeros(refusalReasons),
    messagesReceived: 0,
    bytesReceived: 0,
    messagesUnreadable: 0,
    messagesSent: 0,
    bytesSent: 0,
    messagesUnsent: 0,
  };
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
