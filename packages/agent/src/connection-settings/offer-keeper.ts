import type { ConnectionSettingsRecord, StartSettings } from "@opamp/client";
import {
  type ConnectionSettingsOffers,
  type ConnectionSettingsStatus,
  ConnectionSettingsStatuses,
  OpAMPError,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { FeatureContext } from "../feature.ts";
import { concludedFromStatus, hexOf, statusOfConcluded } from "./connection-record.ts";
import type { ConnectionStore } from "./connection-store.ts";
import { connectionFromStored, type GivenParts } from "./stored-connection.ts";
import { SwitchActivity } from "./switch-activity.ts";

export interface OfferKeeperOptions {
  readonly store: ConnectionStore;
  readonly context: FeatureContext;
  /** What the program gives of the connection, where that is not stored. */
  readonly given: GivenParts;
}

/** Keeps what the client says of offered settings, for the next run and for other features. */
export class OfferKeeper {
  readonly #options: OfferKeeperOptions;
  readonly #activity: SwitchActivity;
  /** The offer that the server was told of last. */
  #reportedHash: Uint8Array | undefined;

  constructor(options: OfferKeeperOptions) {
    const { store, context, given } = options;
    this.#options = options;
    this.#activity = new SwitchActivity(context.activities);
    const { valid } = store.record;
    if (valid === undefined) return;
    context.ownConnection.replace(connectionFromStored(valid.connection, given));
  }

  /** What the run before left: what it accepted, what it was at, and how the last offer ended. */
  get startSettings(): Partial<StartSettings> {
    const { store, given } = this.#options;
    const { accepted, candidate, concluded } = store.record;
    return {
      ...(accepted && { acceptedConnectionSettings: accepted }),
      ...(concluded && { connectionSettingsStatus: statusOfConcluded(concluded) }),
      ...(candidate && {
        candidateConnectionSettings: {
          hash: Buffer.from(candidate.hash, "hex"),
          ...(candidate.connection && {
            settings: connectionFromStored(candidate.connection, given),
          }),
          ...(candidate.others && { others: candidate.others }),
        },
      }),
    };
  }

  /** The client is about to take a candidate up, if the run before left one. */
  start(): void {
    const { candidate } = this.#options.store.record;
    if (candidate?.connection === undefined) return;
    this.#activity.begin(candidate.hash, candidate.connection.serverUrl);
  }

  stop(): void {
    this.#activity.stop();
  }

  save(record: ConnectionSettingsRecord): void {
    const { store, context } = this.#options;
    const hash = hexOf(record.hash);
    switch (record.stage) {
      case "candidate":
        store.tried(record);
        return this.#activity.begin(hash, record.settings.serverUrl);
      case "valid":
        // They are in force, even if the disk should refuse them.
        context.ownConnection.replace(record.settings);
        this.#activity.end(hash);
        return store.proved(record);
      case "dropped":
        return store.dropped(record);
    }
  }

  /** The server is about to hear of an offer. */
  reported(status: ConnectionSettingsStatus): void {
    const { store, context } = this.#options;
    this.#reportedHash = status.lastConnectionSettingsHash;
    const concluded = concludedFromStatus(status);
    if (concluded === undefined) return;
    context.outcomes.connectionSettings(status);
    if (concluded.state === "failed") {
      this.#activity.end(concluded.hash, new OpAMPError("aborted", concluded.errorMessage));
    }
    store.concluded(concluded);
    context.ownConnection.conclude(concluded);
  }

  /** All features have taken an offer: the client leaves it to the agent to say so. */
  taken({ hash: lastConnectionSettingsHash }: ConnectionSettingsOffers): void {
    const { client, report } = this.#options.context;
    if (lastConnectionSettingsHash.length === 0) return;
    if (!equalBytes(lastConnectionSettingsHash, this.#reportedHash)) return;
    const status = ConnectionSettingsStatuses.APPLIED;
    try {
      client().setConnectionSettingsStatus({ lastConnectionSettingsHash, status });
    } catch (thrown) {
      // The user may have withdrawn the capability.
      const what = "the status of the connection settings";
      report(OpAMPError.from(thrown, "invalid-state", what));
    }
  }
}
