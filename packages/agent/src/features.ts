import { createAvailableComponentsFeature } from "./available-components.ts";
import { createCertificateFeature } from "./certificates/certificate-feature.ts";
import { createCommandsFeature } from "./commands.ts";
import { createConnectionSettingsFeature } from "./connection-settings/connection-settings-feature.ts";
import { createOtherConnectionsFeature } from "./connection-settings/other-connections.ts";
import { createCustomMessagesFeature } from "./custom-messages.ts";
import { createEffectiveConfigFeature } from "./effective-config.ts";
import type { Feature, FeatureContext } from "./feature.ts";
import { createHealthFeature } from "./health.ts";
import { createIdentityFeature } from "./identity.ts";
import { createOwnTelemetryFeature } from "./own-telemetry/own-telemetry-feature.ts";
import type { TelemetryEngine } from "./own-telemetry/telemetry-engine.ts";
import { createPackagesFeature } from "./packages/packages-feature.ts";
import { createRemoteConfigFeature } from "./remote-config/remote-config-feature.ts";
import type { AgentSettings } from "./settings.ts";

/** The features that an agent's settings call for; a message passes them in this order. */
export function createFeatures(
  settings: AgentSettings,
  context: FeatureContext,
  telemetry: TelemetryEngine | undefined,
): readonly Feature[] {
  const { description, remoteConfig, effectiveConfig, packages, health } = settings;
  const { availableComponents, commands, customMessages } = settings;
  const { certificate, otherConnections } = settings.connectionSettings ?? {};
  const features = [
    createIdentityFeature(description, context),
    remoteConfig && createRemoteConfigFeature(remoteConfig, context),
    effectiveConfig && createEffectiveConfigFeature(effectiveConfig),
    certificate && createCertificateFeature(certificate, settings.tls, context),
    packages && createPackagesFeature(packages, context),
    health && createHealthFeature(health, context),
    availableComponents && createAvailableComponentsFeature(availableComponents),
    commands && createCommandsFeature(commands),
    customMessages && createCustomMessagesFeature(customMessages, context),
    otherConnections && createOtherConnectionsFeature(otherConnections, context),
    telemetry && createOwnTelemetryFeature(telemetry, context),
  ].filter((feature) => feature !== undefined);
  // What some feature takes has to be remembered, also where the OpAMP connection stays as it is.
  const takers = features.filter(({ takeConnectionSettings }) => takeConnectionSettings);
  if (settings.connectionSettings === undefined && takers.length === 0) return features;
  return [...features, createConnectionSettingsFeature(settings, context, takers)];
}
