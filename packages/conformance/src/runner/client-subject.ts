import type {
  AgentCapability,
  AgentConfigMapInit,
  AgentToServerFlag,
  Attributes,
  AvailableComponentsInit,
  ComponentHealthInit,
  ConnectionSettingsStatusInit,
  CustomMessageInit,
  PackageStatusesInit,
  RemoteConfigStatusInit,
  ServerCapability,
  ServerToAgentInit,
  UnknownBit,
} from "@opamp/protocol";
import type { Recording } from "../raw/recording.ts";
import type { Trace } from "../raw/trace.ts";

/**
 * A client to be examined. `start` rejects with a `NotSupportedError` for settings that it cannot be
 * given; the case is skipped then.
 */
export interface ClientSubject {
  readonly name: string;
  /**
   * Whether it comes back and polls when it thinks fit, and not when a case tells it to. A wait for
   * it that is shorter than a minute proves nothing then. @default false
   */
  readonly keepsOwnPace?: boolean;
  /**
   * How long it may take from its start to its first attempt to connect, in milliseconds. That time
   * does not count as time of the case. @default 0
   */
  readonly startMs?: number;
  start(settings: ClientSubjectSettings, watch: StartWatch): Promise<RunningClient>;
}

/** What a subject may watch while it starts. */
export interface StartWatch {
  /** Takes what belongs into the report of a failure. */
  readonly trace: Trace;
  /** Resolves when the client attempts to connect for the first time. */
  readonly attempted: Promise<void>;
}

/** What a case needs a client to be. */
export interface ClientSubjectSettings extends ClientWishes {
  readonly serverUrl: string;
  /**
   * What a case can do without. A client that can be told does as it is told, as with all else;
   * one that cannot ignores it, but declares at least these capabilities.
   */
  readonly wishes?: ClientWishes;
}

/** What a client may be started with. */
export interface ClientWishes {
  /** @default the client's */
  readonly instanceUid?: Uint8Array;
  /** @default the client's */
  readonly capabilities?: readonly AgentCapability[];
  /** @default some description */
  readonly description?: Description;
  readonly health?: ComponentHealthInit;
  /** What the agent runs with; a function is asked each time. */
  readonly effectiveConfig?: () => AgentConfigMapInit | Promise<AgentConfigMapInit>;
  readonly remoteConfigStatus?: RemoteConfigStatusInit;
  readonly connectionSettingsStatus?: ConnectionSettingsStatusInit;
  readonly customCapabilities?: readonly string[];
  readonly availableComponents?: AvailableComponentsInit;
  readonly flags?: readonly AgentToServerFlag[];
  readonly headers?: Readonly<Record<string, string>>;
  /** @default false */
  readonly compression?: boolean;
  /** Between heartbeats and polls. @default 60000 */
  readonly intervalMs?: number;
  /** In bytes, before compression. @default 67108864 */
  readonly maxSendBytes?: number;
  /** In bytes, after decompression. @default 67108864 */
  readonly maxReceiveBytes?: number;
  /** How long a failed attempt is waited after. @default 20 */
  readonly retryDelayMs?: number;
  /** How long the answer to a request, or to the first message, is waited for. @default 5000 */
  readonly responseTimeoutMs?: number;
}

/** Who an agent is. */
export interface Description {
  readonly identifyingAttributes: Attributes;
  readonly nonIdentifyingAttributes?: Attributes;
}

/** A client that runs, and the application on it. */
export interface RunningClient extends AsyncDisposable {
  /** What the application was told. */
  readonly events: Recording<ClientEvent>;
  /** What the server said it can do; undefined until it has said so. */
  readonly serverCapabilities: readonly (ServerCapability | UnknownBit)[] | undefined;
  setDescription(description: Description): void;
  setCapabilities(capabilities: readonly AgentCapability[]): void;
  setHealth(health: ComponentHealthInit): void;
  /** Has the client read and report the effective config again. */
  updateEffectiveConfig(): void;
  setRemoteConfigStatus(status: RemoteConfigStatusInit): void;
  setConnectionSettingsStatus(status: ConnectionSettingsStatusInit): void;
  setPackageStatuses(statuses: PackageStatusesInit): void;
  setCustomCapabilities(capabilities: readonly string[]): void;
  setAvailableComponents(components: AvailableComponentsInit): void;
  sendCustomMessage(message: CustomMessageInit): Promise<void>;
  /** Asks for a certificate. */
  requestCertificate(csr: Uint8Array): Promise<void>;
  stop(): Promise<void>;
}

/** What the application is told. */
export type ClientEvent =
  | { readonly kind: "connected" }
  | { readonly kind: "connect-failed"; readonly code: string }
  /** A message with something in it for the agent; only what the client passed on is set. */
  | { readonly kind: "message"; readonly message: ServerToAgentInit }
  | { readonly kind: "command"; readonly type: number }
  | { readonly kind: "server-error"; readonly type: number }
  /** Something went wrong that the application should know of. */
  | { readonly kind: "error"; readonly code: string };
