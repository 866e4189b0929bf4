export type { ConnectionCallbacks, ServerCallbacks } from "./callbacks.ts";
export { accept, type ConnectDecision, type ConnectRequest, reject } from "./connect-request.ts";
export type { CloseReason, Connection } from "./connection.ts";
export { createOpAMPServer } from "./create-server.ts";
export type { AddressLimits } from "./node/address-guard.ts";
export type { NodeRequest, NodeResponse, NodeServer } from "./node/node-types.ts";
export type {
  CallbackFailedEvent,
  ConnectionClosedEvent,
  ConnectionOpenedEvent,
  ConnectionRefusedEvent,
  MessageAnsweredEvent,
  MessageReceivedEvent,
  MessageSentEvent,
  MessageThrottledEvent,
  MessageUnreadableEvent,
  MessageUnsentEvent,
  ServerEvents,
} from "./observe/diagnostics.ts";
export type {
  CloseCause,
  RefusalReason,
  ServerStats,
  ThrottleReason,
  TransportStats,
  WebSocketStats,
} from "./observe/server-stats.ts";
export type {
  OverloadSettings,
  RateLimit,
  RetryAfterRange,
} from "./overload/overload-settings.ts";
export {
  type AgentCredentials,
  type AgentCredentialsOptions,
  createAgentCredentials,
} from "./security/agent-credentials.ts";
export type { AllowedOrigins } from "./security/allowed-origins.ts";
export { checkInstanceUid, type InstanceUidCheckOptions } from "./security/check-instance-uid.ts";
export { type ConnectCheck, requireAll, requireAny } from "./security/connect-check.ts";
export {
  type CredentialStore,
  createMemoryCredentialStore,
  type StoredCredentials,
} from "./security/credential-store.ts";
export type { Verdict } from "./security/credentials-check.ts";
export {
  type FailedAuthenticationOptions,
  limitFailedAuthentication,
} from "./security/failed-authentication.ts";
export { type Identity, identityOf } from "./security/identity.ts";
export {
  type BasicOptions,
  requireBasic,
} from "./security/require-basic.ts";
export { type BearerOptions, requireBearer } from "./security/require-bearer.ts";
export {
  type ClientCertificateOptions,
  requireClientCertificate,
} from "./security/require-client-certificate.ts";
export type { CloseOptions, ListenOptions, OpAMPServer } from "./server.ts";
export type { ServerLimits, ServerSettings, ServerTimeouts } from "./settings.ts";
export type { AgentStore } from "./tracker/agent-store.ts";
export type {
  AgentTracker,
  AgentTrackerSettings,
  RefreshOptions,
  TellOutcome,
  TrackerCallbacks,
} from "./tracker/agent-tracker.ts";
export {
  type ConnectionSettingsOfferOptions,
  createConnectionSettingsOffer,
} from "./tracker/connection-settings-offer.ts";
export { createAgentTracker } from "./tracker/create-agent-tracker.ts";
export type {
  ConnectionSettingsOffer,
  Desired,
  PackagesOffer,
  RemoteConfigOffer,
} from "./tracker/desired.ts";
export type { OfferKind, OfferMade, OfferOutcome, OffersMade } from "./tracker/offers-made.ts";
export { createPackagesOffer, type OfferedPackage } from "./tracker/packages-offer.ts";
export type { SilencePolicy } from "./tracker/presence.ts";
export {
  type ConfigFile,
  createRemoteConfigOffer,
  type RemoteConfigOptions,
} from "./tracker/remote-config-offer.ts";
export { type TrackContext, track } from "./tracker/track.ts";
export type { AnswerContext, Arrival, DuplicatePolicy } from "./tracker/track-context.ts";
export type { Tracked } from "./tracker/tracked.ts";
export type { Presence, StatusParts, TrackedAgent } from "./tracker/tracked-agent.ts";
export type { PartChangedEvent, TrackerEvent } from "./tracker/tracker-event.ts";
export type { TrackerStats } from "./tracker/tracker-stats.ts";
