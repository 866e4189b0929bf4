import type { ConnectionSettingsRecord, StartSettings } from "@opamp/client";
import {
  type ConnectionSettingsOffers,
  type ConnectionSettingsStatus,
  ConnectionSettingsStatuses,
  OpAMPError,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { Feature, FeatureContext } from "../feature.ts";
import type { AgentSettings } from "../settings.ts";
import { assertUsable } from "./assert-usable.ts";
import { concludedFromStatus, hexOf, statusOfConcluded } from "./connection-record.ts";
import { ConnectionStore } from "./connection-store.ts";
import { givenConnection, givenDigests } from "./given-connection.ts";
import { SettingsTakers } from "./settings-takers.ts";
import { connectionFromStored, type StoredConnection } from "./stored-connection.ts";
import { SwitchActivity } from "./switch-activity.ts";

/**
 * Takes connection settings from the server, remembers them, and says what became of them: those of
 * the OpAMP connection where the program asks for it, and all others for the features that take them.
 */
export function createConnectionSettingsFeature(
  settings: AgentSettings,
  context: FeatureContext,
  takers: readonly Feature[],
): Feature {
  const { clock, report, stopMs, files } = context;
  const given = givenDigests(settings);
  const store = new ConnectionStore({ files, given, assertUsable, report });
  const parts: Parts = {
    settings,
    context,
    store,
    activity: new SwitchActivity(context.activities),
    reported: { hash: undefined },
  };
  const settingsTakers = new SettingsTakers({
    takers,
    store,
    report,
    onTaken: (offers) => setApplied(offers, parts),
  });
  const { valid, accepted, candidate } = store.record;
  if (valid !== undefined) context.ownConnection.replace(whole(valid.connection, settings));
  return {
    capabilities: [
      "ReportsConnectionSettingsStatus",
      ...(settings.connectionSettings ? (["AcceptsOpAMPConnectionSettings"] as const) : []),
    ],
    startSettings: startSettings(parts),
    callbacks: {
      saveConnectionSettings: (record) => save(record, parts),
      saveConnectionSettingsStatus: (status) => conclude(status, parts),
      ...(takers.length > 0 && {
        onConnectionSettings: (offers, { signal }) => settingsTakers.take(offers, { signal }),
      }),
    },
    start() {
      if (candidate?.connection) {
        parts.activity.begin(candidate.hash, candidate.connection.serverUrl);
      }
      if (accepted !== undefined) settingsTakers.restore(accepted);
    },
    async stop() {
      const { promise: deadline, resolve } = Promise.withResolvers<void>();
      const timer = clock.setTimer(resolve, stopMs);
      await settingsTakers.stop(deadline);
      timer.cancel();
      parts.activity.stop();
    },
  };
}

interface Parts {
  readonly settings: AgentSettings;
  readonly context: FeatureContext;
  readonly store: ConnectionStore;
  readonly activity: SwitchActivity;
  /** The offer that the server was told of last. */
  readonly reported: { hash: Uint8Array | undefined };
}

/** What the run before left: what it accepted, what it was at, and how the last offer ended. */
function startSettings({ settings, store }: Parts): Partial<StartSettings> {
  const { accepted, candidate, concluded } = store.record;
  const policy = settings.connectionSettings?.policy;
  return {
    ...(policy && { connectionSettingsPolicy: policy }),
    ...(accepted && { acceptedConnectionSettings: accepted }),
    ...(concluded && { connectionSettingsStatus: statusOfConcluded(concluded) }),
    ...(candidate && {
      candidateConnectionSettings: {
        hash: Buffer.from(candidate.hash, "hex"),
        ...(candidate.connection && { settings: whole(candidate.connection, settings) }),
        ...(candidate.others && { others: candidate.others }),
      },
    }),
  };
}

function whole(stored: StoredConnection, settings: AgentSettings) {
  return connectionFromStored(stored, givenConnection(settings));
}

function save(record: ConnectionSettingsRecord, { store, activity, context }: Parts): void {
  const hash = hexOf(record.hash);
  switch (record.stage) {
    case "candidate":
      store.tried(record);
      return activity.begin(hash, record.settings.serverUrl);
    case "valid":
      context.ownConnection.replace(record.settings);
      activity.end(hash);
      return store.proved(record);
    case "dropped":
      return store.dropped(record);
  }
}

function conclude(status: ConnectionSettingsStatus, parts: Parts): void {
  const { store, activity, context, reported } = parts;
  reported.hash = status.lastConnectionSettingsHash;
  const concluded = concludedFromStatus(status);
  if (concluded === undefined) return;
  if (concluded.state === "failed") {
    activity.end(concluded.hash, new OpAMPError("aborted", concluded.errorMessage));
  }
  store.concluded(concluded);
  context.ownConnection.conclude(concluded);
}

/** The client leaves that to the agent. The user may have withdrawn the capability. */
function setApplied({ hash }: ConnectionSettingsOffers, { context, reported }: Parts): void {
  if (hash.length === 0 || !equalBytes(hash, reported.hash)) return;
  const status = ConnectionSettingsStatuses.APPLIED;
  try {
    context.client().setConnectionSettingsStatus({ lastConnectionSettingsHash: hash, status });
  } catch (thrown) {
    const what = "the status of the connection settings";
    context.report(OpAMPError.from(thrown, "invalid-state", what));
  }
}
