export type { Agent } from "./agent.ts";
export type { Component, Components } from "./available-components.ts";
export type {
  CertificateSettings,
  CertificateSubject,
} from "./certificates/certificate-settings.ts";
export type { KeyType } from "./certificates/key-pair.ts";
export type { CommandSettings } from "./commands.ts";
export type {
  ConnectionSettingsOptions,
  OtherConnections,
  OtherConnectionsSettings,
} from "./connection-settings/connection-settings-options.ts";
export { createAgent } from "./create-agent.ts";
export type {
  CustomMessageContent,
  CustomMessageHandler,
  CustomMessageHandlers,
} from "./custom-messages.ts";
export type { ConfigFile, ConfigFiles, EffectiveConfigSource } from "./effective-config.ts";
export { hostAttributes } from "./host-attributes.ts";
export type { OwnTelemetry } from "./own-telemetry/own-telemetry.ts";
export type { OwnTelemetrySettings } from "./own-telemetry/own-telemetry-settings.ts";
export type {
  HealthCheckContext,
  InstallContext,
  InstallReason,
  PackageFile,
  PackagesSettings,
  SignedPackage,
  UninstallContext,
  UninstallReason,
} from "./packages/packages-settings.ts";
export type { RemoteConfig, RemoteConfigObject } from "./remote-config/remote-config.ts";
export type {
  ApplyContext,
  ApplyReason,
  RemoteConfigSettings,
} from "./remote-config/remote-config-settings.ts";
export {
  agentDescriptionFromResource,
  type FromResourceOptions,
  type ResourceLike,
} from "./resource.ts";
export type {
  AgentCallbacks,
  AgentSettings,
  ConnectionOptions,
  ServiceDescription,
} from "./settings.ts";
export { type FileSystem, type FileWriter, nodeFileSystem } from "./state/file-system.ts";
