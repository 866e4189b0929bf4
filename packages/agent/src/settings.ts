import type { AgentDescriptionSettings, Callbacks, StartSettings } from "@opamp/client";
import type { Attributes, ComponentHealthInit } from "@opamp/protocol";
import type { Components } from "./available-components.ts";
import type { CommandSettings } from "./commands.ts";
import type { ConnectionSettingsOptions } from "./connection-settings/connection-settings-options.ts";
import type { CustomMessageHandlers } from "./custom-messages.ts";
import type { EffectiveConfigSource } from "./effective-config.ts";
import type { OwnTelemetrySettings } from "./own-telemetry/own-telemetry-settings.ts";
import type { PackagesSettings } from "./packages/packages-settings.ts";
import type { RemoteConfigSettings } from "./remote-config/remote-config-settings.ts";
import type { FileSystem } from "./state/file-system.ts";

/** Settings that go to the client as they are; see `StartSettings` of @opamp/client. */
export type ConnectionOptions = Pick<
  StartSettings,
  | "headers"
  | "tls"
  | "proxy"
  | "compression"
  | "heartbeatIntervalMs"
  | "limits"
  | "timeouts"
  | "retry"
  | "logger"
  | "clock"
  | "random"
  | "transport"
>;

/** What the agent tells of the connection, beside its log. */
export type AgentCallbacks = Pick<
  Callbacks,
  "onConnect" | "onConnectFailed" | "onServerError" | "onError" | "checkRedirect"
>;

/** Who the agent is, in short. The uid is added as service.instance.id, and what is known of the host. */
export interface ServiceDescription {
  readonly serviceName: string;
  readonly serviceVersion?: string;
  readonly serviceNamespace?: string;
  /** What else is known: labels of yours, `cloud.*`. Not identifying; these win over what the host says. */
  readonly attributes?: Attributes;
}

/** Everything an agent is told when it is made. What it can do follows from the handlers it is given. */
export interface AgentSettings extends ConnectionOptions {
  /** `ws:`, `wss:`, `http:` or `https:`; the scheme chooses the transport. */
  readonly serverUrl: string | URL;
  /** Where the agent keeps what it remembers; made where it is missing. One agent each. */
  readonly stateDirectory: string;
  /** In short, or attribute by attribute: the latter are reported as they are. */
  readonly description: ServiceDescription | AgentDescriptionSettings;
  /** Takes configurations from the server. Off by default (C-250). */
  readonly remoteConfig?: RemoteConfigSettings;
  /**
   * Lets the server change how the agent reaches it: address, credentials, certificates, proxy. Proven
   * before they are kept, and kept over restarts. Off by default (C-250).
   */
  readonly connectionSettings?: ConnectionSettingsOptions;
  /** What the program really runs with, local and remote settings merged (C-96). */
  readonly effectiveConfig?: EffectiveConfigSource;
  /** Takes packages from the server, and keeps them on disk. Off by default. */
  readonly packages?: PackagesSettings;
  /** The health at the start; `setHealth` tells more. */
  readonly health?: ComponentHealthInit;
  /** What the program is made of; the server is told when it asks. */
  readonly availableComponents?: Components;
  /** What the server may command. */
  readonly commands?: CommandSettings;
  /** By custom capability, such as `com.example.snapshots/v1`. */
  readonly customMessages?: CustomMessageHandlers;
  /** Sends metrics, traces and logs of the agent to where the server wants them; `{}` for all. */
  readonly ownTelemetry?: OwnTelemetrySettings;
  /** Called about the connection, and with what goes wrong. */
  readonly callbacks?: AgentCallbacks;
  /** What stands for the disk. @default the disk of this machine */
  readonly fileSystem?: FileSystem;
}
