import type {
  AgentCapability,
  AgentToServerFlag,
  Attributes,
  AvailableComponentsInit,
  Clock,
  ComponentHealthInit,
  ConnectionSettingsOffersInit,
  ConnectionSettingsStatusInit,
  InstanceUid,
  Logger,
  Random,
  RemoteConfigStatusInit,
} from "@opamp/protocol";
import type { Callbacks } from "./callbacks.ts";
import type { OfferedConnectionSettings, WholeConnectionSettings } from "./connection-settings.ts";
import type { ConnectionSettingsPolicy } from "./offered/policy.ts";
import type { PackagesOptions } from "./packages/packages-options.ts";
import type { PackagesStateProvider } from "./packages/packages-state-provider.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { SharedConnection } from "./shared/shared-connection.ts";
import type { HeadersSource, ProxyOptions, TlsOptions } from "./transport/network-options.ts";
import type { Transport } from "./transport/transport.ts";

/** Who the agent is. At least one identifying attribute is needed. */
export interface AgentDescriptionSettings {
  /** What tells this agent from others, by OpenTelemetry's resource conventions (C-83). */
  readonly identifyingAttributes: Attributes;
  /** What else is known of it: `os.*`, `host.*`, labels of the user (C-86). */
  readonly nonIdentifyingAttributes?: Attributes;
}

/** What a client is told of its agent, whatever carries it. Only the description is needed. */
interface AgentStartSettings {
  /** Who the agent is; `setAgentDescription` tells of changes. */
  readonly agentDescription: AgentDescriptionSettings;
  /** The uid of an earlier run, for the same agent. @default a new UUID v7 */
  readonly instanceUid?: InstanceUid;
  /** ReportsStatus is always added (C-62). @default ReportsStatus, ReportsHeartbeat */
  readonly capabilities?: readonly AgentCapability[];
  /** Called with what the server says, and about the connection. */
  readonly callbacks?: Callbacks;
  /** Needed with ReportsHealth. */
  readonly health?: ComponentHealthInit;
  /** The status stored by an earlier run, so that the server does not offer the config again (C-106). */
  readonly remoteConfigStatus?: RemoteConfigStatusInit;
  /** The status stored by an earlier run. */
  readonly connectionSettingsStatus?: ConnectionSettingsStatusInit;
  /** What an earlier run had begun to take when it ended: its settings are tried first (C-111). */
  readonly candidateConnectionSettings?: OfferedConnectionSettings;
  /** What earlier runs accepted of own telemetry and other connections, for partial offers (C-109). */
  readonly acceptedConnectionSettings?: ConnectionSettingsOffersInit;
  /** What this end consents to in offered settings. @default nothing that weakens a connection */
  readonly connectionSettingsPolicy?: ConnectionSettingsPolicy;
  /** Announced in the first report (W-50). */
  readonly customCapabilities?: readonly string[];
  /** Needed with ReportsAvailableComponents; its hash must not be empty (C-207). */
  readonly availableComponents?: AvailableComponentsInit;
  /** `RequestInstanceUid` asks the server for a uid (C-37). */
  readonly flags?: readonly AgentToServerFlag[];
  /** Where packages are kept; offers of them come with a `packageSyncer` then. */
  readonly packagesStateProvider?: PackagesStateProvider;
  /** How packages are downloaded. @default those of `PackagesOptions` */
  readonly packages?: PackagesOptions;
  /** Between heartbeats (WebSocket, with ReportsHeartbeat) or polls (HTTP). 0 sends no heartbeats on WebSocket. @default 30000 */
  readonly heartbeatIntervalMs?: number;
  /** Where the client tells what it does. */
  readonly logger?: Logger;
  /** Where time comes from. @default the system's */
  readonly clock?: Clock;
  /** For jitter. @default Math.random */
  readonly random?: Random;
}

/** How a server is reached. Only the URL is needed. */
export interface NetworkSettings {
  /** `ws:`, `wss:`, `http:` or `https:`; the scheme chooses the transport. Port and path default to 4320 and /v1/opamp. */
  readonly serverUrl: string | URL;
  /** Sent when connecting, and with each HTTP request; a function is asked afresh every time. */
  readonly headers?: HeadersSource;
  /** For `wss:` and `https:`, also of proxies. @default the authorities of the system, TLS 1.2 or newer */
  readonly tls?: TlsOptions;
  /** Where every connection goes through. Environment variables do not count. */
  readonly proxy?: ProxyOptions;
  /** gzip on HTTP, permessage-deflate on WebSocket. @default false */
  readonly compression?: boolean;
  /** How long to wait before the next attempt to connect. @default exponentialBackoff() */
  readonly retry?: RetryPolicy;
}

/** Everything a client with a connection of its own is told. Only URL and description are needed. */
export interface StartSettings extends AgentStartSettings, NetworkSettings {
  /** @default those of `ClientLimits` */
  readonly limits?: ClientLimits;
  /** @default those of `ClientTimeouts` */
  readonly timeouts?: ClientTimeouts;
  /** Replaces the transport that the URL chooses. A function is asked for each connection settings. @default that of the URL */
  readonly transport?: Transport | ((settings: WholeConnectionSettings) => Transport);
  readonly connection?: never;
}

/** Everything a client on a shared connection is told; how to reach the server is the connection's. */
export interface SharedStartSettings extends AgentStartSettings {
  readonly connection: SharedConnection;
  readonly limits?: Pick<ClientLimits, AgentLimit>;
  readonly serverUrl?: never;
}

/** The limits that are an agent's own; the others are its connection's. */
export const agentLimits = ["maxSendBytes", "maxQueuedMessages", "maxQueuedBytes"] as const;
type AgentLimit = (typeof agentLimits)[number];

export interface ClientLimits {
  /** The largest message sent, in bytes before compression. @default 67108864 (64 MiB) */
  readonly maxSendBytes?: number;
  /** The largest message received, in bytes after decompression. @default 67108864 (64 MiB) */
  readonly maxReceiveBytes?: number;
  /** How many custom messages wait at most. @default 2048 */
  readonly maxQueuedMessages?: number;
  /** How many bytes of custom messages wait at most. @default 67108864 (64 MiB) */
  readonly maxQueuedBytes?: number;
  /** How many redirects one attempt follows. @default 5 */
  readonly maxRedirects?: number;
}

/** In milliseconds. */
export interface ClientTimeouts {
  /** For one attempt to connect. @default 10000 */
  readonly connectMs?: number;
  /** From an HTTP request to the end of its response, and from a new WebSocket to the server's first message. @default 30000 */
  readonly responseMs?: number;
  /** For one message to be written. @default 10000 */
  readonly writeMs?: number;
  /** Between WebSocket pings; 0 sends none. @default 30000 */
  readonly pingIntervalMs?: number;
  /** From a WebSocket ping to its pong. @default 10000 */
  readonly pongMs?: number;
  /** For `stop` to say goodbye and close, before it cuts. @default 5000 */
  readonly stopMs?: number;
  /** From the begin of a switch to other connection settings to the server's answer there. @default 30000 */
  readonly switchMs?: number;
  /**
   * The longest wait that a server may ask for, by Retry-After or retry_info: one that asks for years
   * is asked again after this time. @default 3600000 (1 h)
   */
  readonly maxRetryAfterMs?: number;
}
