import { channel } from "node:diagnostics_channel";
import type { InstanceUid } from "@opamp/protocol";
import type { CloseReason, Connection } from "./connection.ts";

// What a server publishes on node:diagnostics_channel. No event holds headers, URLs or message content.

/** `opamp.server.connection.opened` */
export interface ConnectionOpenedEvent {
  readonly connectionId: number;
  readonly transport: Connection["transport"];
  readonly remoteAddress: string | undefined;
}

/** `opamp.server.connection.closed` */
export interface ConnectionClosedEvent {
  readonly connectionId: number;
  readonly transport: Connection["transport"];
  readonly reason: CloseReason;
}

/** `opamp.server.message.received` */
export interface MessageReceivedEvent {
  readonly connectionId: number;
  readonly transport: Connection["transport"];
  readonly instanceUid: InstanceUid;
  /** Decompressed, without the frame header. */
  readonly bytes: number;
}

/** `opamp.server.message.sent`: it was written. */
export interface MessageSentEvent {
  readonly connectionId: number;
  readonly transport: Connection["transport"];
  /** Undefined when the answered message had none that could be read. */
  readonly instanceUid: InstanceUid | undefined;
  /** Before compression, without the frame header. */
  readonly bytes: number;
}

const opened = channel("opamp.server.connection.opened");
const closed = channel("opamp.server.connection.closed");
const received = channel("opamp.server.message.received");
const sent = channel("opamp.server.message.sent");

export function publishOpened(connection: Connection): void {
  if (!opened.hasSubscribers) return;
  const { remoteAddress } = connection.request;
  const event: ConnectionOpenedEvent = { ...identityOf(connection), remoteAddress };
  opened.publish(event);
}

export function publishClosed(connection: Connection, reason: CloseReason): void {
  if (!closed.hasSubscribers) return;
  const event: ConnectionClosedEvent = { ...identityOf(connection), reason };
  closed.publish(event);
}

export function publishReceived(
  connection: Connection,
  instanceUid: InstanceUid,
  bytes: number,
): void {
  if (!received.hasSubscribers) return;
  const event: MessageReceivedEvent = { ...identityOf(connection), instanceUid, bytes };
  received.publish(event);
}

export function publishSent(
  connection: Connection,
  instanceUid: InstanceUid | undefined,
  bytes: number,
): void {
  if (!sent.hasSubscribers) return;
  const event: MessageSentEvent = { ...identityOf(connection), instanceUid, bytes };
  sent.publish(event);
}

function identityOf(
  connection: Connection,
): Pick<ConnectionOpenedEvent, "connectionId" | "transport"> {
  return { connectionId: connection.id, transport: connection.transport };
}
