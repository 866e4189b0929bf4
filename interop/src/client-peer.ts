import type { CertificateSettings } from "@opamp/agent";
import type { AgentDescriptionSettings } from "@opamp/client";
import type {
  AgentCapability,
  AgentConfigMapInit,
  AgentToServerFlag,
  ComponentHealthInit,
  CustomMessageInit,
  InstanceUid,
  RemoteConfigStatusInit,
  ServerToAgent,
} from "@opamp/protocol";
import type { Abilities } from "./ability.ts";
import type { EventLog, FailedEvent } from "./event-log.ts";
import type { MessageJson } from "./json.ts";

/** An implementation of a client. */
export interface ClientPeer {
  readonly name: string;
  readonly abilities: Abilities;
  start(options: ClientOptions): Promise<RunningClient>;
}

export interface ClientOptions {
  readonly url: string;
  readonly instanceUid: InstanceUid;
  readonly capabilities: readonly AgentCapability[];
  /** What it reports first. The description must be there. */
  readonly state: AgentState;
  readonly headers?: Readonly<Record<string, string>>;
  /** A private certificate authority in PEM form. */
  readonly ca?: string;
  readonly compression?: boolean;
  /** Between heartbeats or polls. */
  readonly heartbeatIntervalMs?: number;
  /** How it asks for a certificate. */
  readonly certificate?: CertificateSettings;
}

/** What an agent has to say; of a report, only what is new. */
export interface AgentState {
  readonly description?: AgentDescriptionSettings;
  readonly health?: ComponentHealthInit;
  readonly effectiveConfig?: AgentConfigMapInit;
  readonly remoteConfigStatus?: RemoteConfigStatusInit;
  readonly customCapabilities?: readonly string[];
  readonly customMessage?: CustomMessageInit;
  readonly flags?: readonly AgentToServerFlag[];
}

/** Disposing of it ends it, if need be by force. */
export interface RunningClient extends AsyncDisposable {
  readonly events: EventLog<ClientEvent>;
  report(state: AgentState): void;
  /** Resolves when it has stopped in order. */
  stop(): Promise<void>;
}

export type ClientEvent =
  | { readonly event: "started" }
  | { readonly event: "connected" }
  | { readonly event: "connectFailed"; readonly error: string }
  /** What the application was told, put together as the message it came in. */
  | { readonly event: "message"; readonly message: MessageJson<ServerToAgent> }
  | { readonly event: "stopped" }
  | FailedEvent;
