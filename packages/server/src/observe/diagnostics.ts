import type { InstanceUid, OpAMPError } from "@opamp/protocol";
import type { CloseReason, Connection } from "../connection.ts";
import { channelNamed } from "./channel.ts";
import type { CloseCause, RefusalReason, ThrottleReason } from "./server-stats.ts";

// What a server publishes on node:diagnostics_channel. No event holds headers, URLs or message content.

interface ConnectionEvent {
  readonly connectionId: number;
  readonly transport: Connection["transport"];
}

/** `opamp.server.connection.opened` */
export interface ConnectionOpenedEvent extends ConnectionEvent {
  readonly remoteAddress: string | undefined;
}

/** `opamp.server.connection.closed` */
export interface ConnectionClosedEvent extends ConnectionEvent {
  readonly reason: CloseReason;
  readonly cause: CloseCause;
}

/** `opamp.server.connection.refused`: a request did not become a connection. */
export interface ConnectionRefusedEvent {
  readonly transport: Connection["transport"];
  readonly remoteAddress: string | undefined;
  readonly reason: RefusalReason;
  /** Of the HTTP answer; undefined when `ws` chose it. */
  readonly status: number | undefined;
}

/** `opamp.server.message.received` */
export interface MessageReceivedEvent extends ConnectionEvent {
  readonly instanceUid: InstanceUid;
  /** Decompressed, without the frame header. */
  readonly bytes: number;
}

/** `opamp.server.message.unreadable`: what arrived is no message. */
export interface MessageUnreadableEvent extends ConnectionEvent {
  readonly error: OpAMPError;
}

/** `opamp.server.message.throttled`: it was answered without asking the application. */
export interface MessageThrottledEvent extends ConnectionEvent {
  /** Undefined when none could be read. */
  readonly instanceUid: InstanceUid | undefined;
  readonly reason: ThrottleReason;
}

/** `opamp.server.message.sent`: it was written. */
export interface MessageSentEvent extends ConnectionEvent {
  /** Undefined when the answered message had none that could be read. */
  readonly instanceUid: InstanceUid | undefined;
  /** Before compression, without the frame header. */
  readonly bytes: number;
}

/** `opamp.server.message.answered`: measured only while somebody listens. */
export interface MessageAnsweredEvent extends ConnectionEvent {
  /** From taking up what arrived until its answer was written or given up, in milliseconds. */
  readonly durationMs: number;
}

/** `opamp.server.message.unsent`: an answer or a push was not written. */
export interface MessageUnsentEvent extends ConnectionEvent {
  readonly error: OpAMPError;
}

/** `opamp.server.callback.failed`: a callback of a server or a tracker threw or rejected. */
export interface CallbackFailedEvent {
  /** Its name, such as `onMessage`. */
  readonly callback: string;
  /** Undefined for `onConnecting`, and for the callbacks of a tracker. */
  readonly connectionId: number | undefined;
  /** What it threw, as it is. */
  readonly error: unknown;
}

/** The channels, and what each carries. */
export interface ServerEvents {
  readonly "opamp.server.connection.opened": ConnectionOpenedEvent;
  readonly "opamp.server.connection.closed": ConnectionClosedEvent;
  readonly "opamp.server.connection.refused": ConnectionRefusedEvent;
  readonly "opamp.server.message.received": MessageReceivedEvent;
  readonly "opamp.server.message.unreadable": MessageUnreadableEvent;
  readonly "opamp.server.message.throttled": MessageThrottledEvent;
  readonly "opamp.server.message.sent": MessageSentEvent;
  readonly "opamp.server.message.answered": MessageAnsweredEvent;
  readonly "opamp.server.message.unsent": MessageUnsentEvent;
  readonly "opamp.server.callback.failed": CallbackFailedEvent;
}

/** A channel that takes events of one type. While nobody listens it costs a look at `hasSubscribers`. */
interface EventChannel<Event> {
  readonly hasSubscribers: boolean;
  publish(event: Event): void;
}

function channelOf<Name extends keyof ServerEvents>(name: Name): EventChannel<ServerEvents[Name]> {
  return channelNamed(name);
}

export const opened: EventChannel<ConnectionOpenedEvent> = channelOf(
  "opamp.server.connection.opened",
);
export const closed: EventChannel<ConnectionClosedEvent> = channelOf(
  "opamp.server.connection.closed",
);
export const refused: EventChannel<ConnectionRefusedEvent> = channelOf(
  "opamp.server.connection.refused",
);
export const received: EventChannel<MessageReceivedEvent> = channelOf(
  "opamp.server.message.received",
);
export const unreadable: EventChannel<MessageUnreadableEvent> = channelOf(
  "opamp.server.message.unreadable",
);
export const throttled: EventChannel<MessageThrottledEvent> = channelOf(
  "opamp.server.message.throttled",
);
export const sent: EventChannel<MessageSentEvent> = channelOf("opamp.server.message.sent");
export const answered: EventChannel<MessageAnsweredEvent> = channelOf(
  "opamp.server.message.answered",
);
export const unsent: EventChannel<MessageUnsentEvent> = channelOf("opamp.server.message.unsent");
export const callbackFailed: EventChannel<CallbackFailedEvent> = channelOf(
  "opamp.server.callback.failed",
);
