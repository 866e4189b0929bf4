import {
  type AgentCapability,
  type AgentConfigMapInit,
  type ConnectionSettingsRequestInit,
  type CustomMessageInit,
  type InstanceUid,
  OpAMPError,
  type StatusPart,
  type StatusPartInit,
} from "@opamp/protocol";
import { CallbackGuard } from "./callback-guard.ts";
import type { CallbackContext, Callbacks } from "./callbacks.ts";
import { checkConsistency } from "./check-consistency.ts";
import type { OfferedConnectionSettings, SwitchOutcome } from "./connection-settings.ts";
import type { ConnectionSettingsOffered } from "./connection-settings-offered.ts";
import { publishReceived } from "./diagnostics.ts";
import { EffectiveConfigReader } from "./effective-config-reader.ts";
import { FullStateRequests } from "./full-state-requests.ts";
import { Identity } from "./identity.ts";
import { Inbox, type InboxEvents } from "./inbox.ts";
import { OfferGate } from "./offer-gate.ts";
import { createConnectionSettingsOffered } from "./offered/create-offered.ts";
import type { ConnectionControl } from "./offered/offered-switch.ts";
import { Outbox } from "./outbox.ts";
import { createPackageSyncs } from "./packages/create-package-syncs.ts";
import type { PackageSyncs } from "./packages/package-syncs.ts";
import { ReportedState } from "./reported-state.ts";
import type { ResolvedSettings } from "./resolve-settings.ts";
import { restoreState } from "./restore-state.ts";
import { saveStatus } from "./save-status.ts";
import { SendQueue } from "./send-queue.ts";
import { ServerKnowledge } from "./server-knowledge.ts";
import type { StartSettings } from "./settings.ts";

/** What a conversation asks of whoever carries it. */
export interface ConversationEvents {
  /** Something may be due. */
  onDue(): void;
  /** The server has taken what was said to it. */
  onAnswered(): void;
  /** The server has spoken of itself; `changed` says whether it said something new. */
  onLearned(changed: boolean): void;
  /** The server could not process a message, or wants to be left alone (`throttled`). */
  onServerError(error: OpAMPError): void;
  /** The server's message made no sense (L-03). */
  onMalformed(error: OpAMPError): void;
  onHeartbeatInterval(seconds: bigint): void;
  /** The server assigned another uid. Throws when the agent cannot take it. */
  claimUid(uid: InstanceUid): void;
  /** What carries the conversation, for offers to carry it another way. */
  connection(): ConnectionControl;
}

/** All that agent and server have to say to each other, whatever carries it. */
export class Conversation {
  readonly identity: Identity;
  readonly server: ServerKnowledge = new ServerKnowledge();
  readonly guard: CallbackGuard;
  readonly outbox: Outbox;
  readonly customMessages: SendQueue<CustomMessageInit>;
  readonly settingsRequests: SendQueue<ConnectionSettingsRequestInit>;
  readonly #events: ConversationEvents;
  readonly #state = new ReportedState();
  readonly #offers: OfferGate;
  readonly #connectionSettings: ConnectionSettingsOffered;
  readonly #inbox: Inbox;
  readonly #packages: PackageSyncs | undefined;
  readonly #effectiveConfig: EffectiveConfigReader;
  readonly #fullState: FullStateRequests;
  readonly #over = new AbortController();

  constructor(settings: StartSettings, resolved: ResolvedSettings, events: ConversationEvents) {
    const { limits, logger } = resolved;
    this.#events = events;
    this.identity = new Identity(resolved.instanceUid);
    this.guard = new CallbackGuard(settings.callbacks ?? {}, logger, this.#over.signal);
    const onAdded = (): void => {
      if (this.server.isKnown) this.#rejectUnsupported();
      events.onDue();
    };
    this.customMessages = new SendQueue("custom messages", limits, onAdded);
    this.settingsRequests = new SendQueue("connection settings requests", limits, onAdded);
    restoreState(this.#state, settings, resolved);
    this.outbox = this.#createOutbox(resolved);
    this.#offers = new OfferGate(this.#state, () => this.outbox.capabilityBits);
    this.#fullState = new FullStateRequests(resolved.clock, () => this.#reportFullState());
    this.#packages = createPackageSyncs(settings, resolved, {
      signal: this.#over.signal,
      network: () => events.connection().present,
      reported: () => this.#state.get("packageStatuses"),
      onStatuses: (statuses) => this.set("packageStatuses", statuses),
      onError: (error) => this.guard.report(error),
    });
    this.#connectionSettings = this.#createConnectionSettings(settings, resolved);
    this.#inbox = this.#createInbox();
    this.#effectiveConfig = this.#createEffectiveConfigReader(resolved);
  }

  declares(capability: AgentCapability): boolean {
    return this.#offers.declares(capability);
  }

  announces(customCapability: string): boolean {
    return this.#offers.announces(customCapability);
  }

  /** Throws `invalid-argument` when capabilities lack what it takes to live up to them. */
  checkConsistency(capabilityBits: bigint = this.outbox.capabilityBits): void {
    const { guard, keepsPackages } = this;
    checkConsistency(capabilityBits, { state: this.#state, guard, keepsPackages });
  }

  set<P extends StatusPart>(part: P, init: StatusPartInit<P>): void {
    if (!this.#state.set(part, init)) return;
    if (part === "connectionSettingsStatus") this.#connectionSettings.reported();
    this.#events.onDue();
    saveStatus(part, this.#state, this.guard);
    if (part === "customCapabilities") this.#rejectWithdrawn();
  }

  /** Whether there is a place for packages. */
  get keepsPackages(): boolean {
    return this.#packages !== undefined;
  }

  /** What an earlier run said of its packages is in the first report, unless something newer is. */
  async restorePackages(): Promise<void> {
    const statuses = await this.#packages?.restore();
    if (statuses === undefined || this.#state.get("packageStatuses") !== undefined) return;
    this.#state.set("packageStatuses", statuses);
  }

  /** Resolves when nothing works on packages any more. */
  packagesSettled(): Promise<void> {
    return this.#packages?.settled() ?? Promise.resolve();
  }

  /** Does nothing when the agent reports no effective config, or has stopped. */
  readEffectiveConfig(): void {
    if (this.#over.signal.aborted || !this.declares("ReportsEffectiveConfig")) return;
    this.#effectiveConfig.read();
  }

  receive(message: Uint8Array): void {
    this.#inbox.receive(message);
  }

  /** An earlier run had begun to take an offer: the connection has started with its settings. */
  resumeOffer(candidate: OfferedConnectionSettings, outcome: Promise<SwitchOutcome>): void {
    this.#connectionSettings.resume(candidate, outcome);
  }

  /** Another server: it has to hear everything, and to say what it can do. */
  startOver(): void {
    this.server.forget();
    this.outbox.requestFullState();
  }

  /** Another session: what was not confirmed on the one before may be lost (C-225). */
  resume(): void {
    this.#state.connectionLost();
  }

  /** Callbacks hear of the end, and nothing is read any more; a last message may still be made. */
  end(): void {
    this.#over.abort();
    this.#effectiveConfig.stop();
    this.#fullState.stop();
  }

  /** What was never sent fails, now and from now on (L-08). */
  close(): void {
    const error = new OpAMPError("stopped", "the client was stopped before this was sent");
    this.customMessages.close(error);
    this.settingsRequests.close(error);
  }

  #createOutbox({ capabilityBits, flagBits, limits }: ResolvedSettings): Outbox {
    const parts = {
      identity: this.identity,
      state: this.#state,
      server: this.server,
      customMessages: this.customMessages,
      settingsRequests: this.settingsRequests,
      maxSendBytes: limits.maxSendBytes,
      onDropped: (error: OpAMPError) => this.guard.report(error),
    };
    return new Outbox(parts, capabilityBits, flagBits);
  }

  #createInbox(): Inbox {
    const { identity, server, guard } = this;
    const offers = this.#offers;
    const connectionSettings = this.#connectionSettings;
    const packages = this.#packages;
    const events = this.#inboxEvents();
    return new Inbox({ identity, server, guard, offers, connectionSettings, packages, events });
  }

  #createConnectionSettings(
    settings: StartSettings,
    { clock, timeouts }: ResolvedSettings,
  ): ConnectionSettingsOffered {
    return createConnectionSettingsOffered(settings, {
      state: this.#state,
      offers: this.#offers,
      guard: this.guard,
      clock,
      callbackMs: timeouts.switchMs,
      connection: () => this.#events.connection(),
      onHeartbeatInterval: (seconds) => this.#events.onHeartbeatInterval(seconds),
      onStatus: () => {
        this.#events.onDue();
        saveStatus("connectionSettingsStatus", this.#state, this.guard);
      },
    });
  }

  #inboxEvents(): InboxEvents {
    const thenDue = (act: () => void) => (): void => {
      act();
      this.#events.onDue();
    };
    return {
      onDecoded: (message, bytes) => publishReceived(this.identity.uid, message, bytes),
      onMalformed: (error) => this.#events.onMalformed(error),
      onAnswered: () => {
        this.#state.answered();
        this.#events.onAnswered();
      },
      onServerError: (error) => {
        if (error.code !== "throttled") this.#state.answered();
        this.#events.onServerError(error);
      },
      onLearned: (changed) => {
        this.#rejectUnsupported();
        this.#events.onLearned(changed);
      },
      claimUid: (uid) => this.#events.claimUid(uid),
      onUidAssigned: (isNew) => {
        this.outbox.uidAssigned(isNew);
        this.#events.onDue();
      },
      onComponentsRequested: thenDue(() => this.outbox.requestComponents()),
      onFullStateRequested: () => this.#fullState.request(),
    };
  }

  #createEffectiveConfigReader({ clock, random }: ResolvedSettings): EffectiveConfigReader {
    return new EffectiveConfigReader({
      clock,
      random,
      read: () => this.guard.ask("getEffectiveConfig", getEffectiveConfig),
      onConfig: (configMap) => this.set("effectiveConfig", { configMap }),
      onError: (error) => this.guard.report(error),
    });
  }

  #reportFullState(): void {
    this.outbox.requestFullState();
    this.readEffectiveConfig();
    this.#events.onDue();
  }

  /** What the server does not take is not kept waiting for it (C-66, C-154, W-53). */
  #rejectUnsupported(): void {
    this.customMessages.rejectWhere(
      ({ capability = "" }) => !this.server.supports(capability),
      ({ capability = "" }) => peerLacks(`the custom capability ${JSON.stringify(capability)}`),
    );
    this.settingsRequests.rejectWhere(
      () => !this.server.accepts("AcceptsConnectionSettingsRequest"),
      () => peerLacks("the capability AcceptsConnectionSettingsRequest"),
    );
  }

  /** Messages of a capability that the agent no longer announces. */
  #rejectWithdrawn(): void {
    this.customMessages.rejectWhere(
      ({ capability = "" }) => !this.announces(capability),
      ({ capability = "" }) =>
        new OpAMPError(
          "capability-not-declared",
          `the custom capability ${JSON.stringify(capability)} was withdrawn before this was sent`,
        ),
    );
  }
}

function peerLacks(what: string): OpAMPError {
  return new OpAMPError("peer-lacks-capability", `the server did not announce ${what}`);
}

async function getEffectiveConfig(
  callbacks: Callbacks,
  context: CallbackContext,
): Promise<AgentConfigMapInit> {
  return callbacks.getEffectiveConfig?.(context) ?? {};
}
