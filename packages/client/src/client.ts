import type {
  AgentCapability,
  AgentToServerFlag,
  AvailableComponentsInit,
  ComponentHealthInit,
  ConnectionSettingsRequestInit,
  ConnectionSettingsStatusInit,
  CustomMessageInit,
  InstanceUid,
  PackageStatusesInit,
  RemoteConfigStatusInit,
} from "@opamp/protocol";
import type {
  ConnectionSettings,
  SwitchOutcome,
  WholeConnectionSettings,
} from "./connection-settings.ts";
import type { AgentDescriptionSettings } from "./settings.ts";
import type { ClientStatus } from "./status.ts";

/**
 * One agent's side of the protocol. Setters keep the newest value and report it when it differs
 * from what the server has; they throw an `OpAMPError` for a value or capability that does not fit.
 */
export interface OpAMPClient extends AsyncDisposable {
  /** The uid in use; changes when the server assigns one (C-38). */
  readonly instanceUid: InstanceUid;
  readonly status: ClientStatus;
  /** The settings in force, credentials among them; while others are on trial, the former ones. */
  readonly connectionSettings: WholeConnectionSettings;
  /** What the server is told of the agent. */
  readonly agentDescription: AgentDescriptionSettings;
  /** The status now and after every change, until the signal fires or the client has stopped. */
  statusChanges(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<ClientStatus>;
  /** Starts connecting. Rejects when the settings do not fit together; a server that is away is retried. */
  start(): Promise<void>;
  /** Says goodbye and closes, from any state and from inside a callback; later calls wait for the first (L-21). */
  stop(): Promise<void>;
  /**
   * Leaves the server and connects with other settings, which are in force once the server has
   * answered without an error. Otherwise the former ones are back, by themselves and at once. Never
   * rejects for what the network does, only for settings that do not fit (C-113 to C-118).
   */
  switchConnection(
    settings: ConnectionSettings,
    options?: { readonly signal?: AbortSignal },
  ): Promise<SwitchOutcome>;
  setAgentDescription(description: AgentDescriptionSettings): void;
  setCapabilities(capabilities: readonly AgentCapability[]): void;
  setHealth(health: ComponentHealthInit): void;
  /** Reads the effective config again, by `callbacks.getEffectiveConfig`, and reports it if it changed. */
  updateEffectiveConfig(): void;
  setRemoteConfigStatus(status: RemoteConfigStatusInit): void;
  setConnectionSettingsStatus(status: ConnectionSettingsStatusInit): void;
  setPackageStatuses(statuses: PackageStatusesInit): void;
  setCustomCapabilities(capabilities: readonly string[]): void;
  setAvailableComponents(components: AvailableComponentsInit): void;
  setFlags(flags: readonly AgentToServerFlag[]): void;
  /**
   * Sends a message, in order with the others. Resolves when the server is known to have it (L-09).
   * When the connection is lost before that, it is sent again: it may come twice, but not never.
   * Rejects with `capability-not-declared`, `peer-lacks-capability`, `queue-full`,
   * `message-too-large`, `bad-request`, `aborted` or `stopped`.
   */
  sendCustomMessage(
    message: CustomMessageInit,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Asks the server for connection settings, such as a certificate (C-152); resolves and rejects likewise. */
  requestConnectionSettings(
    request: ConnectionSettingsRequestInit,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
}
