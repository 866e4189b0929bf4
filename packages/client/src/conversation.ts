import {
  type AgentCapability,
  type ConnectionSettingsRequestInit,
  type CustomMessageInit,
  type InstanceUid,
  OpAMPError,
  type ServerToAgent,
  type StatusPart,
  type StatusPartInit,
  type StatusPartValue,
} from "@opamp/protocol";
import { CallbackGuard } from "./callback-guard.ts";
import { checkConsistency } from "./check-consistency.ts";
import type { OfferedConnectionSettings, SwitchOutcome } from "./connection-settings.ts";
import type { ConnectionSettingsOffered } from "./connection-settings-offered.ts";
import { publishReceived } from "./diagnostics.ts";
import { EffectiveConfigReader, getEffectiveConfig } from "./effective-config-reader.ts";
import { FullStateRequests } from "./full-state-requests.ts";
import { Identity } from "./identity.ts";
import { Inbox, type InboxEvents } from "./inbox.ts";
import { Lifetime } from "./lifetime.ts";
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
import { rejectUnsupported, rejectWithdrawn } from "./unsendable.ts";

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
export class Conversation implements InboxEvents {
  readonly identity: Identity;
  readonly server: ServerKnowledge = new ServerKnowledge();
  readonly guard: CallbackGuard;
  readonly outbox: Outbox;
  readonly customMessages: SendQueue<CustomMessageInit>;
  readonly settingsRequests: SendQueue<ConnectionSettingsRequestInit>;
  readonly #events: ConversationEvents;
  readonly #state = new ReportedState();
  readonly #offers: OfferGate;
  readonly #settings: StartSettings;
  readonly #resolved: ResolvedSettings;
  #offered: ConnectionSettingsOffered | undefined;
  readonly #inbox: Inbox;
  readonly #packages: PackageSyncs | undefined;
  /** Made when there is something for it to do, as most agents have nothing. */
  #effectiveConfig: EffectiveConfigReader | undefined;
  readonly #fullState: FullStateRequests;
  readonly #lifetime = new Lifetime();

  constructor(settings: StartSettings, resolved: ResolvedSettings, events: ConversationEvents) {
    const { limits, logger } = resolved;
    this.#events = events;
    this.#settings = settings;
    this.#resolved = resolved;
    this.identity = new Identity(resolved.instanceUid);
    this.guard = new CallbackGuard(settings.callbacks ?? {}, logger, this.#lifetime);
    const onAdded = (): void => {
      if (this.server.isKnown) rejectUnsupported(this, this.server);
      events.onDue();
    };
    this.customMessages = new SendQueue("custom messages", limits, onAdded);
    this.settingsRequests = new SendQueue("connection settings requests", limits, onAdded);
    restoreState(this.#state, settings, resolved);
    this.outbox = this.#createOutbox(resolved);
    this.#offers = new OfferGate(this.#state, () => this.outbox.capabilityBits);
    this.#fullState = new FullStateRequests(resolved.clock, () => this.#reportFullState());
    this.#packages = this.#createPackages();
    if (settings.connectionSettingsStatus ?? settings.acceptedConnectionSettings) {
      this.#offered = this.#createConnectionSettings();
    }
    this.#inbox = this.#createInbox();
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

  get<P extends StatusPart>(part: P): StatusPartValue<P> | undefined {
    return this.#state.get(part);
  }

  set<P extends StatusPart>(part: P, init: StatusPartInit<P>): void {
    const offered = part === "connectionSettingsStatus" ? this.#connectionSettings : undefined;
    if (!this.#state.set(part, init)) return;
    offered?.reported();
    this.#events.onDue();
    saveStatus(part, this.#state, this.guard);
    if (part === "customCapabilities") rejectWithdrawn(this, (name) => this.announces(name));
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
    if (this.#lifetime.isOver || !this.declares("ReportsEffectiveConfig")) return;
    this.#effectiveConfig ??= this.#createEffectiveConfigReader();
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
    this.#lifetime.end();
    this.#effectiveConfig?.stop();
    this.#fullState.stop();
  }

  /** What was never sent fails, now and from now on (L-08). */
  close(): void {
    const error = new OpAMPError("stopped", "the client was stopped before this was sent");
    this.customMessages.close(error);
    this.settingsRequests.close(error);
  }

  onDecoded(message: ServerToAgent, bytes: number): void {
    publishReceived(this.identity.uid, message, bytes);
  }

  onMalformed(error: OpAMPError): void {
    this.#events.onMalformed(error);
  }

  onAnswered(): void {
    this.#state.answered();
    this.#events.onAnswered();
  }

  onServerError(error: OpAMPError): void {
    if (error.code !== "throttled") this.#state.answered();
    this.#events.onServerError(error);
  }

  onLearned(changed: boolean): void {
    rejectUnsupported(this, this.server);
    this.#events.onLearned(changed);
  }

  claimUid(uid: InstanceUid): void {
    this.#events.claimUid(uid);
  }

  onUidAssigned(isNew: boolean): void {
    this.outbox.uidAssigned(isNew);
    this.#events.onDue();
  }

  onComponentsRequested(): void {
    this.outbox.requestComponents();
    this.#events.onDue();
  }

  onFullStateRequested(): void {
    this.#fullState.request();
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
    const packages = this.#packages;
    const parts = { identity, server, guard, offers, packages, events: this };
    return new Inbox({ ...parts, connectionSettings: () => this.#connectionSettings });
  }

  /** Made for the first offer, or sooner where there is something to remember. */
  get #connectionSettings(): ConnectionSettingsOffered {
    this.#offered ??= this.#createConnectionSettings();
    return this.#offered;
  }

  #createPackages(): PackageSyncs | undefined {
    if (this.#settings.packagesStateProvider === undefined) return undefined;
    return createPackageSyncs(this.#settings, this.#resolved, {
      signal: this.#lifetime.signal,
      network: () => this.#events.connection().present,
      reported: () => this.#state.get("packageStatuses"),
      onStatuses: (statuses) => this.set("packageStatuses", statuses),
      onError: (error) => this.guard.report(error),
    });
  }

  #createConnectionSettings(): ConnectionSettingsOffered {
    const { clock, timeouts } = this.#resolved;
    return createConnectionSettingsOffered(this.#settings, {
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

  #createEffectiveConfigReader(): EffectiveConfigReader {
    const { clock, random } = this.#resolved;
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
}
