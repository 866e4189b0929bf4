import type { InstanceUid, OpAMPError } from "@opamp/protocol";
import type { ConnectionEvents } from "./connection-options.ts";
import type { ConnectionSettings, SwitchOutcome } from "./connection-settings.ts";
import type { ConnectionControl } from "./offered/offered-switch.ts";

/** What keeps one agent in touch with its server: a connection of its own, or a place on a shared one. */
export interface Link {
  readonly control: SwitchControl;
  /** Whether the server can only answer (HTTP). */
  readonly pollsForMessages: boolean;
  /** Whether the settings in use have to prove good yet. */
  readonly isOnTrial: boolean;
  /** Whether other agents use it too. */
  readonly isShared: boolean;
  /** Throws `invalid-argument` when another agent on the connection has the uid; nothing has begun then. */
  start(): void;
  /** The server has answered. */
  prove(): void;
  /** Ends the session in order and comes back after a wait. */
  drop(error: OpAMPError): void;
  stop(): Promise<void>;
  /** The agent is about to use another uid. Throws `invalid-argument` when it cannot. */
  claimUid(uid: InstanceUid): void;
  /** Makes and sends one message when it is this agent's turn. */
  inTurn<T>(act: () => Promise<T>): Promise<T>;
}

/** Brings a link to other settings, where it can. */
export interface SwitchControl extends ConnectionControl {
  to(settings: ConnectionSettings, signal?: AbortSignal): Promise<SwitchOutcome>;
  /** Starts with settings that an earlier run could not prove to the end (C-111). */
  startWith(settings: ConnectionSettings): Promise<SwitchOutcome>;
  /** Notes a change that is in force already. */
  remember(change: Pick<ConnectionSettings, "heartbeatIntervalMs">): void;
}

/** The agent at the near end of a link. */
export interface LinkHost extends ConnectionEvents {
  readonly instanceUid: InstanceUid;
  /** Resolves when all that is due has been said, or cannot be said. */
  allSaid(): Promise<void>;
  /** The server has no room: whatever it has not confirmed yet may have been refused. */
  onThrottled(error: OpAMPError): void;
  report(error: OpAMPError): void;
}

export type CreateLink = (host: LinkHost) => Link;
