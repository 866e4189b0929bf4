import type {
  CallbackContext,
  Callbacks,
  MessageData,
  OpAMPClient,
  StartSettings,
} from "@opamp/client";
import type {
  AgentCapability,
  Clock,
  ConnectionSettingsOffers,
  OpAMPError,
  Random,
  ServerErrorResponse,
} from "@opamp/protocol";
import type { Activities } from "./activities.ts";
import type { OutcomeLog } from "./outcome-log.ts";
import type { OwnConnection } from "./own-connection.ts";
import type { PackageFile } from "./packages/packages-settings.ts";
import type { StateFiles } from "./state/state-files.ts";

/** One thing that an agent can do. An agent is the sum of its features. */
export interface Feature {
  /** What the agent declares because of it. */
  readonly capabilities?: readonly AgentCapability[];
  /** What the client is made with because of it. */
  readonly startSettings?: Partial<StartSettings>;
  /** `onConnectionSettings` is for the feature that remembers settings; others take them below. */
  readonly callbacks?: Omit<Callbacks, "onMessage" | "onServerError">;
  /** Called in order, before anything is sent that comes after the message. */
  readonly onMessage?: (data: MessageData) => void;
  readonly onServerError?: (error: ServerErrorResponse) => void;
  /**
   * Takes what is offered beside the OpAMP connection, merged with what was accepted before. Called
   * in order, one after the other has resolved; the offer is APPLIED when all have, and FAILED when
   * one rejects. Called after the start, too, with what earlier runs accepted.
   */
  readonly takeConnectionSettings?: (
    offers: ConnectionSettingsOffers,
    context: CallbackContext,
  ) => Promise<void>;
  readonly start?: () => void;
  /** Called once the client has started: what an earlier run reported is known to it by then. */
  readonly started?: () => void;
  /** Ends what runs; the client is still there. */
  readonly stop?: () => Promise<void>;
  /** What is installed, by name. */
  readonly packages?: () => ReadonlyMap<string, PackageFile>;
  /** Ends what has an eye on all the others, after them and the client. */
  readonly close?: () => Promise<void>;
}

/** What a feature has to work with. */
export interface FeatureContext {
  readonly files: StateFiles;
  readonly clock: Clock;
  /** For jitter. */
  readonly random: Random;
  readonly activities: Activities;
  readonly ownConnection: OwnConnection;
  /** When the agent was made. */
  readonly startTimeUnixNano: bigint;
  /** How long stopping may take. */
  readonly stopMs: number;
  /** Tells of what went wrong and concerns no one else. */
  readonly report: (error: OpAMPError) => void;
  /** Tells how an offer ended. */
  readonly outcomes: OutcomeLog;
  /** The client, which is made after the features. */
  readonly client: () => OpAMPClient;
  /** Reads and reports the effective config, where the agent has one. */
  readonly updateEffectiveConfig: () => void;
}
