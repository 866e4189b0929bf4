export type { CallbackContext, Callbacks, MessageData } from "./callbacks.ts";
export type { OpAMPClient } from "./client.ts";
export type {
  ConnectionSettings,
  ConnectionSettingsRecord,
  OfferedConnectionSettings,
  SwitchOutcome,
  WholeConnectionSettings,
} from "./connection-settings.ts";
export { createOpAMPClient } from "./create-client.ts";
export type { MessageReceivedEvent, MessageSentEvent, TransitionEvent } from "./diagnostics.ts";
export type { ConnectionSettingsPolicy } from "./offered/policy.ts";
export {
  connectionSettingsFromOffer,
  type OfferOptions,
  type OfferReading,
} from "./offered/settings-from-offer.ts";
export type {
  PackageFetch,
  PackageRequest,
  PackageResponse,
  PackagesOptions,
  SignedContent,
  VerifySignature,
} from "./packages/packages-options.ts";
export type {
  ContentContext,
  PackageState,
  PackagesStateProvider,
  PartialContent,
  ProviderContext,
} from "./packages/packages-state-provider.ts";
export type { PackagesSyncer, PackagesSyncOutcome } from "./packages/packages-syncer.ts";
export {
  type ExponentialBackoffOptions,
  exponentialBackoff,
  type RetryPolicy,
} from "./retry-policy.ts";
export type {
  AgentDescriptionSettings,
  ClientLimits,
  ClientTimeouts,
  SharedStartSettings,
  StartSettings,
} from "./settings.ts";
export { createSharedConnection } from "./shared/create-shared-connection.ts";
export type { SharedConnection, SharedConnectionOptions } from "./shared/shared-connection.ts";
export type { ClientStatus, ConnectionState } from "./status.ts";

export type { MemorySession, MemorySessionEnd } from "./transport/memory-session.ts";
export {
  createMemoryTransportPair,
  type MemoryServer,
  type MemoryTransportOptions,
  type MemoryTransportPair,
} from "./transport/memory-transport.ts";
export type {
  CheckRedirect,
  HeadersObject,
  HeadersSource,
  ProxyOptions,
  Redirect,
  TlsOptions,
} from "./transport/network-options.ts";
export type { ConnectOptions, Session, Transport } from "./transport/transport.ts";
