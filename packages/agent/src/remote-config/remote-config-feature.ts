import { type AgentRemoteConfig, OpAMPError, type RemoteConfigStatusInit } from "@opamp/protocol";
import { atLeastOne } from "../at-least-one.ts";
import type { Feature, FeatureContext } from "../feature.ts";
import { ConfigApplier } from "./config-applier.ts";
import { statusOfReceived } from "./config-record.ts";
import { openConfigStore } from "./config-store.ts";
import { remoteConfigFromMap } from "./remote-config.ts";
import type { RemoteConfigSettings } from "./remote-config-settings.ts";

/** Takes configs from the server, remembers them, and says what became of them. */
export function createRemoteConfigFeature(
  settings: RemoteConfigSettings,
  context: FeatureContext,
): Feature {
  const { clock, report, stopMs } = context;
  const store = openConfigStore(context.files);
  const applier = new ConfigApplier({
    apply: (config, applyContext) => settings.apply(config, applyContext),
    validate: settings.validate && ((config, context) => settings.validate?.(config, context)),
    rollBack: settings.rollBack ?? true,
    timeoutMs: atLeastOne("remoteConfig.timeoutMs", settings.timeoutMs ?? 300_000),
    maxAttempts: atLeastOne("remoteConfig.maxAttempts", settings.maxAttempts ?? 3),
    store,
    activities: context.activities,
    clock,
    onStatus: (status) => setStatus(status, context),
    onEffect: context.updateEffectiveConfig,
    report,
  });
  const { received } = store.record;
  return {
    capabilities: ["AcceptsRemoteConfig", "ReportsRemoteConfig"],
    startSettings: received === undefined ? {} : { remoteConfigStatus: statusOfReceived(received) },
    onMessage: ({ remoteConfig }) => remoteConfig && takeOffer(remoteConfig, applier),
    start: () => applier.start(),
    async stop() {
      const { promise: deadline, resolve } = Promise.withResolvers<void>();
      const timer = clock.setTimer(resolve, stopMs);
      await applier.stop(deadline);
      timer.cancel();
    },
  };
}

/** An offer may lack anything; what it lacks is said (L-01). */
function takeOffer({ config, configHash }: AgentRemoteConfig, applier: ConfigApplier): void {
  const hash = configHash.slice();
  if (hash.length === 0) applier.refuse(hash, "the offered config has no hash");
  else if (config === undefined) applier.refuse(hash, "the offer holds no config");
  else applier.offer(remoteConfigFromMap(hash, config));
}

/** The user may have withdrawn the capability. */
function setStatus(status: RemoteConfigStatusInit, context: FeatureContext): void {
  const { client, outcomes, report } = context;
  outcomes.remoteConfig(status);
  try {
    client().setRemoteConfigStatus(status);
  } catch (thrown) {
    report(OpAMPError.from(thrown, "invalid-state", "the status of the remote config"));
  }
}
