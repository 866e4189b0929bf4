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
import type { HeadersSource, ProxyOptions, TlsOptions } from "./transport/network-options.ts";
import type { Transport } from "./transport/transport.ts";

/** Who the agent is. At least one identifying attribute is needed. */
export interface AgentDescriptionSettings {
  /** What tells this agent from others, by OpenTelemetry's resource conventions (C-83). */
  readonly identifyingAttributes: Attributes;
  /** What else is known of it: `os.*`, `host.*`, labels of the user (C-86). */
  readonly nonIdentifyingAttributes?: Attributes;
}

/** Everything a client is told when it is made. Only the first two members are needed. */
export interface StartSettings {
  /** `ws:`, `wss:`, `http:` or `https:`; the scheme chooses the transport. Port and path default to 4320 and /v1/opamp. */
  readonly serverUrl: string | URL;
  readonly agentDescription: AgentDescriptionSettings;
  /** @default a new UUID v7 */
  readonly instanceUid?: InstanceUid;
  /** ReportsStatus is always added (C-62). @default ReportsStatus, ReportsHeartbeat */
  readonly capabilities?: readonly AgentCapability[];
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
  readonly customCapabilities?: readonly string[];
  /** Needed with ReportsAvailableComponents; its hash must not be empty (C-207). */
  readonly availableComponents?: AvailableComponentsInit;
  /** `RequestInstanceUid` asks the server for a uid (C-37). */
  readonly flags?: readonly AgentToServerFlag[];
  /** Where packages are kept; offers of them come with a `packageSyncer` then. */
  readonly packagesStateProvider?: PackagesStateProvider;
  /** How packages are downloaded. */
  readonly packages?: PackagesOptions;
  readonly headers?: HeadersSource;
  readonly tls?: TlsOptions;
  readonly proxy?: ProxyOptions;
  /** gzip on HTTP, permessage-deflate on WebSocket. @default false */
  readonly compression?: boolean;
  /** Between heartbeats (WebSocket, with ReportsHeartbeat) or polls (HTTP). 0 sends no heartbeats on WebSocket. @default 30000 */
  readonly heartbeatIntervalMs?: number;
  readonly limits?: ClientLimits;
  readonly timeouts?: ClientTimeouts;
  readonly retry?: RetryPolicy;
  readonly logger?: Logger;
  /** @default the system's */
  readonly clock?: Clock;
  /** For jitter. @default Math.random */
  readonly random?: Random;
  /** Replaces the transport that the URL chooses. A function is asked for each connection settings. */
  readonly transport?: Transport | ((settings: WholeConnectionSettings) => Transport);
}

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
}
