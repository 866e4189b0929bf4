import { channel } from "node:diagnostics_channel";
import {
  type AgentToServer,
  decodeAgentToServer,
  type InstanceUid,
  type ServerToAgent,
} from "@opamp/protocol";
import type { ClientStatus } from "./status.ts";

/** Published on `opamp.client.message.sent`. Configurations and credentials are in it: handle with care. */
export interface MessageSentEvent {
  readonly instanceUid: InstanceUid;
  readonly message: AgentToServer;
  readonly bytes: number;
}

/** Published on `opamp.client.message.received`. */
export interface MessageReceivedEvent {
  readonly instanceUid: InstanceUid;
  readonly message: ServerToAgent;
  readonly bytes: number;
}

/** Published on `opamp.client.transition`. */
export interface TransitionEvent {
  readonly instanceUid: InstanceUid;
  readonly status: ClientStatus;
}

const sent = channel("opamp.client.message.sent");
const received = channel("opamp.client.message.received");
const transition = channel("opamp.client.transition");

export function publishSent(instanceUid: InstanceUid, bytes: Uint8Array): void {
  if (!sent.hasSubscribers) return;
  const message = decodeAgentToServer(bytes);
  sent.publish({ instanceUid, message, bytes: bytes.length } satisfies MessageSentEvent);
}

export function publishReceived(
  instanceUid: InstanceUid,
  message: ServerToAgent,
  bytes: number,
): void {
  if (!received.hasSubscribers) return;
  received.publish({ instanceUid, message, bytes } satisfies MessageReceivedEvent);
}

export function publishTransition(instanceUid: InstanceUid, status: ClientStatus): void {
  if (!transition.hasSubscribers) return;
  transition.publish({ instanceUid, status } satisfies TransitionEvent);
}
