import { createAvailableComponentsFeature } from "./available-components.ts";
import { createCommandsFeature } from "./commands.ts";
import { createCustomMessagesFeature } from "./custom-messages.ts";
import { createEffectiveConfigFeature } from "./effective-config.ts";
import type { Feature, FeatureContext } from "./feature.ts";
import { createHealthFeature } from "./health.ts";
import { createIdentityFeature } from "./identity.ts";
import { createRemoteConfigFeature } from "./remote-config/remote-config-feature.ts";
import type { AgentSettings } from "./settings.ts";

/** The features that an agent's settings call for; a message passes them in this order. */
export function createFeatures(
  settings: AgentSettings,
  context: FeatureContext,
): readonly Feature[] {
  const { description, remoteConfig, effectiveConfig, health } = settings;
  const { availableComponents, commands, customMessages } = settings;
  const features = [
    createIdentityFeature(description, context),
    remoteConfig && createRemoteConfigFeature(remoteConfig, context),
    effectiveConfig && createEffectiveConfigFeature(effectiveConfig),
    health && createHealthFeature(health, context),
    availableComponents && createAvailableComponentsFeature(availableComponents),
    commands && createCommandsFeature(commands),
    customMessages && createCustomMessagesFeature(customMessages, context),
  ];
  return features.filter((feature) => feature !== undefined);
}
