import type { Feature, FeatureContext } from "../feature.ts";
import type { AgentSettings } from "../settings.ts";
import { assertUsable } from "./assert-usable.ts";
import { ConnectionStore } from "./connection-store.ts";
import { givenConnection, givenDigests } from "./given-connection.ts";
import { OfferKeeper } from "./offer-keeper.ts";
import { SettingsTakers } from "./settings-takers.ts";

/**
 * Takes connection settings from the server, remembers them, and says what became of them: those of
 * the OpAMP connection where the program asks for it, and all others for the features that take them.
 */
export function createConnectionSettingsFeature(
  settings: AgentSettings,
  context: FeatureContext,
  takers: readonly Feature[],
): Feature {
  const { files, report } = context;
  const options = settings.connectionSettings;
  const store = new ConnectionStore({ files, given: givenDigests(settings), assertUsable, report });
  const keeper = new OfferKeeper({ store, context, given: givenConnection(settings) });
  const hands = new SettingsTakers({
    takers,
    store,
    report,
    onTaken: (offers) => keeper.taken(offers),
  });
  return {
    capabilities: [
      "ReportsConnectionSettingsStatus",
      ...(options ? (["AcceptsOpAMPConnectionSettings"] as const) : []),
    ],
    startSettings: {
      ...keeper.startSettings,
      ...(options?.policy && { connectionSettingsPolicy: options.policy }),
    },
    callbacks: {
      saveConnectionSettings: (record) => keeper.save(record),
      saveConnectionSettingsStatus: (status) => keeper.reported(status),
      ...(takers.length > 0 && {
        onConnectionSettings: (offers, { signal }) => hands.take(offers, { signal }),
      }),
    },
    start() {
      keeper.start();
      hands.restore();
    },
    async stop() {
      await stopWithin(hands, context);
      keeper.stop();
    },
  };
}

async function stopWithin(hands: SettingsTakers, { clock, stopMs }: FeatureContext): Promise<void> {
  const { promise: deadline, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimer(resolve, stopMs);
  await hands.stop(deadline);
  timer.cancel();
}
