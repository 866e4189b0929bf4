import type * as anyvalue from "./gen/opamp/v1/anyvalue_pb.ts";
import type * as opamp from "./gen/opamp/v1/opamp_pb.ts";
import type { Immutable, Init } from "./immutable.ts";

// Each message of the protocol under its own name, read-only, and what it is made of.

export interface AgentToServer extends Immutable<opamp.AgentToServer> {}
export interface AgentToServerInit extends Init<opamp.AgentToServer> {}

export interface AgentDisconnect extends Immutable<opamp.AgentDisconnect> {}
export interface AgentDisconnectInit extends Init<opamp.AgentDisconnect> {}

export interface ConnectionSettingsRequest extends Immutable<opamp.ConnectionSettingsRequest> {}
export interface ConnectionSettingsRequestInit extends Init<opamp.ConnectionSettingsRequest> {}

export interface OpAMPConnectionSettingsRequest
  extends Immutable<opamp.OpAMPConnectionSettingsRequest> {}
export interface OpAMPConnectionSettingsRequestInit
  extends Init<opamp.OpAMPConnectionSettingsRequest> {}

export interface CertificateRequest extends Immutable<opamp.CertificateRequest> {}
export interface CertificateRequestInit extends Init<opamp.CertificateRequest> {}

export interface AvailableComponents extends Immutable<opamp.AvailableComponents> {}
export interface AvailableComponentsInit extends Init<opamp.AvailableComponents> {}

export interface ComponentDetails extends Immutable<opamp.ComponentDetails> {}
export interface ComponentDetailsInit extends Init<opamp.ComponentDetails> {}

export interface ServerToAgent extends Immutable<opamp.ServerToAgent> {}
export interface ServerToAgentInit extends Init<opamp.ServerToAgent> {}

export interface OpAMPConnectionSettings extends Immutable<opamp.OpAMPConnectionSettings> {}
export interface OpAMPConnectionSettingsInit extends Init<opamp.OpAMPConnectionSettings> {}

export interface TelemetryConnectionSettings extends Immutable<opamp.TelemetryConnectionSettings> {}
export interface TelemetryConnectionSettingsInit extends Init<opamp.TelemetryConnectionSettings> {}

export interface OtherConnectionSettings extends Immutable<opamp.OtherConnectionSettings> {}
export interface OtherConnectionSettingsInit extends Init<opamp.OtherConnectionSettings> {}

export interface TLSConnectionSettings extends Immutable<opamp.TLSConnectionSettings> {}
export interface TLSConnectionSettingsInit extends Init<opamp.TLSConnectionSettings> {}

export interface ProxyConnectionSettings extends Immutable<opamp.ProxyConnectionSettings> {}
export interface ProxyConnectionSettingsInit extends Init<opamp.ProxyConnectionSettings> {}

export interface Headers extends Immutable<opamp.Headers> {}
export interface HeadersInit extends Init<opamp.Headers> {}

export interface Header extends Immutable<opamp.Header> {}
export interface HeaderInit extends Init<opamp.Header> {}

export interface TLSCertificate extends Immutable<opamp.TLSCertificate> {}
export interface TLSCertificateInit extends Init<opamp.TLSCertificate> {}

export interface ConnectionSettingsOffers extends Immutable<opamp.ConnectionSettingsOffers> {}
export interface ConnectionSettingsOffersInit extends Init<opamp.ConnectionSettingsOffers> {}

export interface PackagesAvailable extends Immutable<opamp.PackagesAvailable> {}
export interface PackagesAvailableInit extends Init<opamp.PackagesAvailable> {}

export interface PackageAvailable extends Immutable<opamp.PackageAvailable> {}
export interface PackageAvailableInit extends Init<opamp.PackageAvailable> {}

export interface DownloadableFile extends Immutable<opamp.DownloadableFile> {}
export interface DownloadableFileInit extends Init<opamp.DownloadableFile> {}

export interface ServerErrorResponse extends Immutable<opamp.ServerErrorResponse> {}
export interface ServerErrorResponseInit extends Init<opamp.ServerErrorResponse> {}

export interface RetryInfo extends Immutable<opamp.RetryInfo> {}
export interface RetryInfoInit extends Init<opamp.RetryInfo> {}

export interface ServerToAgentCommand extends Immutable<opamp.ServerToAgentCommand> {}
export interface ServerToAgentCommandInit extends Init<opamp.ServerToAgentCommand> {}

export interface AgentDescription extends Immutable<opamp.AgentDescription> {}
export interface AgentDescriptionInit extends Init<opamp.AgentDescription> {}

export interface ComponentHealth extends Immutable<opamp.ComponentHealth> {}
export interface ComponentHealthInit extends Init<opamp.ComponentHealth> {}

export interface EffectiveConfig extends Immutable<opamp.EffectiveConfig> {}
export interface EffectiveConfigInit extends Init<opamp.EffectiveConfig> {}

export interface RemoteConfigStatus extends Immutable<opamp.RemoteConfigStatus> {}
export interface RemoteConfigStatusInit extends Init<opamp.RemoteConfigStatus> {}

export interface ConnectionSettingsStatus extends Immutable<opamp.ConnectionSettingsStatus> {}
export interface ConnectionSettingsStatusInit extends Init<opamp.ConnectionSettingsStatus> {}

export interface PackageStatuses extends Immutable<opamp.PackageStatuses> {}
export interface PackageStatusesInit extends Init<opamp.PackageStatuses> {}

export interface PackageStatus extends Immutable<opamp.PackageStatus> {}
export interface PackageStatusInit extends Init<opamp.PackageStatus> {}

export interface PackageDownloadDetails extends Immutable<opamp.PackageDownloadDetails> {}
export interface PackageDownloadDetailsInit extends Init<opamp.PackageDownloadDetails> {}

export interface AgentIdentification extends Immutable<opamp.AgentIdentification> {}
export interface AgentIdentificationInit extends Init<opamp.AgentIdentification> {}

export interface AgentRemoteConfig extends Immutable<opamp.AgentRemoteConfig> {}
export interface AgentRemoteConfigInit extends Init<opamp.AgentRemoteConfig> {}

export interface AgentConfigMap extends Immutable<opamp.AgentConfigMap> {}
export interface AgentConfigMapInit extends Init<opamp.AgentConfigMap> {}

export interface AgentConfigObject extends Immutable<opamp.AgentConfigObject> {}
export interface AgentConfigObjectInit extends Init<opamp.AgentConfigObject> {}

export interface CustomCapabilities extends Immutable<opamp.CustomCapabilities> {}
export interface CustomCapabilitiesInit extends Init<opamp.CustomCapabilities> {}

export interface CustomMessage extends Immutable<opamp.CustomMessage> {}
export interface CustomMessageInit extends Init<opamp.CustomMessage> {}

export interface AnyValue extends Immutable<anyvalue.AnyValue> {}
export interface AnyValueInit extends Init<anyvalue.AnyValue> {}

export interface ArrayValue extends Immutable<anyvalue.ArrayValue> {}
export interface ArrayValueInit extends Init<anyvalue.ArrayValue> {}

export interface KeyValueList extends Immutable<anyvalue.KeyValueList> {}
export interface KeyValueListInit extends Init<anyvalue.KeyValueList> {}

export interface KeyValue extends Immutable<anyvalue.KeyValue> {}
export interface KeyValueInit extends Init<anyvalue.KeyValue> {}
