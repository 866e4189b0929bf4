import type {
  AgentConfigMapInit,
  AgentIdentification,
  AgentRemoteConfig,
  ConnectionSettingsOffers,
  ConnectionSettingsStatus,
  CustomCapabilities,
  CustomMessage,
  OpAMPConnectionSettings,
  OpAMPError,
  PackagesAvailable,
  RemoteConfigStatus,
  ServerErrorResponse,
  ServerToAgentCommand,
} from "@opamp/protocol";
import type { ConnectionSettingsRecord } from "./connection-settings.ts";
import type { PackagesSyncer } from "./packages/packages-syncer.ts";
import type { CheckRedirect } from "./transport/network-options.ts";

/** Handed to every asynchronous callback. */
export interface CallbackContext {
  /** Fires when the client stops. */
  readonly signal: AbortSignal;
}

/**
 * What the client tells the agent. Every member is optional. A callback that throws, rejects or
 * never returns harms nothing but its own outcome: `onError` hears of it (L-07).
 */
export interface Callbacks {
  /** A connection is up: WebSocket is open, or HTTP has had its first answer. */
  readonly onConnect?: () => void;
  /** An attempt failed. It is retried; `error.code` is `unauthorized` after 401 or 403 (L-20). */
  readonly onConnectFailed?: (error: OpAMPError) => void;
  /** The server answered with an error (C-216 to C-219). */
  readonly onServerError?: (error: ServerErrorResponse) => void;
  /** Something else went wrong: a callback threw, a message was dropped, a reply made no sense. */
  readonly onError?: (error: OpAMPError) => void;
  /** A message with something in it for the agent. Only what was declared is set (C-64). */
  readonly onMessage?: (message: MessageData, context: CallbackContext) => void | Promise<void>;
  /**
   * New settings for the OpAMP connection are offered; needs AcceptsOpAMPConnectionSettings. APPLYING
   * has been reported, a failure is reported as FAILED; `setConnectionSettingsStatus` says the rest.
   * Without this callback the client switches by itself, and reports APPLIED or FAILED.
   */
  readonly onOpampConnectionSettings?: (
    settings: OpAMPConnectionSettings,
    context: CallbackContext,
  ) => void | Promise<void>;
  /**
   * The same for own telemetry and other connections; what was not declared is left out (C-64). What
   * the offer leaves unchanged is as it was accepted before (C-109, C-141).
   */
  readonly onConnectionSettings?: (
    offers: ConnectionSettingsOffers,
    context: CallbackContext,
  ) => void | Promise<void>;
  /**
   * The client is switching to offered settings by itself; nothing goes on before this is done.
   * Without it, an offer with a certificate is refused (C-111, C-120).
   */
  readonly saveConnectionSettings?: (
    record: ConnectionSettingsRecord,
    context: CallbackContext,
  ) => void | Promise<void>;
  /** The private key, in PEM form, for an offered certificate that came without one. */
  readonly getPrivateKey?: (
    certificate: string,
    context: CallbackContext,
  ) => string | undefined | Promise<string | undefined>;
  /** The remote config status changed: a good moment to store it (C-106). */
  readonly saveRemoteConfigStatus?: (
    status: RemoteConfigStatus,
    context: CallbackContext,
  ) => void | Promise<void>;
  /**
   * The connection settings status changed: a good moment to store it. The next run reports it as
   * `settings.connectionSettingsStatus`, so that the server does not offer the same again.
   */
  readonly saveConnectionSettingsStatus?: (
    status: ConnectionSettingsStatus,
    context: CallbackContext,
  ) => void | Promise<void>;
  /** Reads the config the agent runs with. Called on start, on `updateEffectiveConfig`, on request. */
  readonly getEffectiveConfig?: (
    context: CallbackContext,
  ) => AgentConfigMapInit | Promise<AgentConfigMapInit>;
  /** The server tells the agent to do something; needs AcceptsRestartCommand (C-201, C-202). */
  readonly onCommand?: (
    command: ServerToAgentCommand,
    context: CallbackContext,
  ) => void | Promise<void>;
  /** Asked before a redirect is followed (L-04). */
  readonly checkRedirect?: CheckRedirect;
}

/** What a message of the server holds for the agent. Members that are not there were not sent. */
export interface MessageData {
  readonly remoteConfig?: AgentRemoteConfig;
  readonly packagesAvailable?: PackagesAvailable;
  /** Beside `packagesAvailable`, where settings have a `packagesStateProvider`: call its `sync`. */
  readonly packageSyncer?: PackagesSyncer;
  /** The client has adopted this instance uid already; store it. */
  readonly agentIdentification?: AgentIdentification;
  /** The custom capabilities of the server, replacing those it announced before (W-52). */
  readonly customCapabilities?: CustomCapabilities;
  readonly customMessage?: CustomMessage;
}
