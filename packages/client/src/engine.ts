import { type InstanceUid, OpAMPError } from "@opamp/protocol";
import type {
  ConnectionSettings,
  OfferedConnectionSettings,
  Route,
  SwitchOutcome,
  WholeConnectionSettings,
} from "./connection-settings.ts";
import { Conversation, type ConversationEvents } from "./conversation.ts";
import { publishSent, publishTransition } from "./diagnostics.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { CreateLink, Link, LinkHost } from "./link.ts";
import { logState } from "./log-state.ts";
import type { ConnectionControl } from "./offered/offered-switch.ts";
import { Pump } from "./pump.ts";
import type { ResolvedSettings } from "./resolve-settings.ts";
import type { StartSettings } from "./settings.ts";
import { assertSharable } from "./shared/shared-settings.ts";
import type { ClientStatus, ConnectionState } from "./status.ts";
import { StatusFeed } from "./status-feed.ts";
import type { Session } from "./transport/transport.ts";

/** Brings what is said (the conversation) and what carries it (the link) together. */
export class Engine implements LinkHost, ConversationEvents {
  readonly conversation: Conversation;
  readonly #resolved: ResolvedSettings;
  readonly #candidate: OfferedConnectionSettings | undefined;
  readonly #feed: StatusFeed;
  readonly #pump: Pump;
  readonly #heartbeat: Heartbeat;
  readonly #link: Link;
  /** The settings that it connects with, proven or not, once there were others than at first. */
  #latest: WholeConnectionSettings | undefined;
  /** The first step of the start, which the state does not tell of. */
  #restoring: Promise<void> | undefined;

  constructor(settings: StartSettings, resolved: ResolvedSettings, createLink: CreateLink) {
    this.#resolved = resolved;
    this.#candidate = settings.candidateConnectionSettings;
    this.conversation = new Conversation(settings, resolved, this);
    const { outbox, identity, server, guard } = this.conversation;
    this.#link = createLink(this);
    this.#pump = new Pump({
      outbox,
      inTurn: (act) => this.#link.inTurn(act),
      onSent: (bytes) => this.#onSent(bytes),
      onDropped: (error) => guard.report(error),
    });
    this.#heartbeat = new Heartbeat({
      clock: resolved.clock,
      random: resolved.random,
      intervalMs: resolved.heartbeatIntervalMs,
      isInCrowd: this.#link.isShared,
      beat: () => this.#pump.wake("report"),
    });
    this.#feed = new StatusFeed({
      server,
      onChange: (status) => publishTransition(identity.uid, status),
    });
  }

  get instanceUid(): InstanceUid {
    return this.conversation.identity.uid;
  }

  get status(): ClientStatus {
    return this.#feed.status;
  }

  get connectionSettings(): WholeConnectionSettings {
    const { present } = this.#link.control;
    if (!this.#link.isShared) return present;
    // The one thing that agents on a shared connection do not have in common.
    return { ...present, heartbeatIntervalMs: this.#heartbeat.intervalMs };
  }

  statusChanges(signal?: AbortSignal): AsyncIterableIterator<ClientStatus> {
    return this.#feed.read(signal);
  }

  async start(): Promise<void> {
    const { state } = this.status;
    if (state !== "idle" || this.#restoring !== undefined) {
      throw new OpAMPError("invalid-state", `start() was called before; the client is ${state}`);
    }
    this.conversation.checkConsistency();
    if (this.conversation.keepsPackages) {
      this.#restoring = this.conversation.restorePackages();
      await this.#restoring;
      // Should the link refuse to start, the client may be started later.
      this.#restoring = undefined;
      if (this.status.state !== "idle") return;
    }
    this.conversation.readEffectiveConfig();
    if (this.#candidate === undefined) return this.#link.start();
    const outcome = this.#startWith(this.#candidate);
    this.conversation.resumeOffer(this.#candidate, outcome);
  }

  #startWith({ settings }: OfferedConnectionSettings): Promise<SwitchOutcome> {
    if (settings !== undefined) return this.#link.control.startWith(settings);
    this.#link.start();
    return Promise.resolve({ kind: "switched" });
  }

  async stop(): Promise<void> {
    this.conversation.end();
    await this.#link.stop();
    this.#heartbeat.stop();
    this.conversation.close();
    await this.#packagesSettled();
  }

  /** Work on packages has been told to end: what takes its time is not waited for for ever (L-21). */
  async #packagesSettled(): Promise<void> {
    const { clock, timeouts } = this.#resolved;
    const over = Promise.withResolvers<void>();
    const timer = clock.setTimer(over.resolve, timeouts.stopMs);
    await Promise.race([this.conversation.packagesSettled(), over.promise]);
    timer.cancel();
  }

  switchConnection(settings: ConnectionSettings, signal?: AbortSignal): Promise<SwitchOutcome> {
    return this.#link.control.to(settings, signal);
  }

  setCapabilityBits(bits: bigint): void {
    if (this.#link.isShared) assertSharable(bits);
    const isStarted = this.status.state !== "idle";
    if (isStarted) this.conversation.checkConsistency(bits);
    this.conversation.outbox.setCapabilityBits(bits);
    if (isStarted) this.conversation.readEffectiveConfig();
    this.#pump.wake();
  }

  setFlagBits(bits: bigint): void {
    this.conversation.outbox.setFlagBits(bits);
    this.#pump.wake();
  }

  onState(state: ConnectionState): void {
    // What becomes of a connection of many is told once, by itself.
    const isOwn = !this.#link.isShared || this.#link.pollsForMessages;
    const { serverUrl } = this.#latest ?? this.#link.control.present;
    if (isOwn) logState(this.#resolved.logger, { what: "OpAMP client", serverUrl }, state);
    this.#feed.publish(state);
    // Whoever heard of it may have stopped the client.
    if (this.status.state !== "online") return;
    this.conversation.guard.notify("onConnect", (callbacks) => callbacks.onConnect?.());
  }

  /** Another server knows nothing of what was said before, and may be able to do other things. */
  onRoute({ settings }: Route): void {
    this.#latest = settings;
    this.conversation.startOver();
    this.#heartbeat.setIntervalMs(settings.heartbeatIntervalMs);
  }

  onSession(session: Session): void {
    this.conversation.resume();
    this.#pump.start(session);
  }

  onMessage(message: Uint8Array): void {
    this.conversation.receive(message);
  }

  onSessionLost(): void {
    this.#pump.stop();
    this.#heartbeat.stop();
  }

  onConnectFailed(error: OpAMPError): void {
    this.conversation.guard.notify("onConnectFailed", (callbacks) =>
      callbacks.onConnectFailed?.(error),
    );
  }

  beforeClose(session: Session, signal: AbortSignal): Promise<void> {
    return this.#pump.sayGoodbye(session, signal);
  }

  allSaid(): Promise<void> {
    return this.#pump.allSent();
  }

  report(error: OpAMPError): void {
    this.conversation.guard.report(error);
  }

  /** Any message counts as a heartbeat (C-79). */
  #onSent(bytes: Uint8Array): void {
    publishSent(this.instanceUid, bytes);
    if (!this.#pump.isOpen) return;
    const beats = this.#link.pollsForMessages || this.conversation.declares("ReportsHeartbeat");
    if (beats) this.#heartbeat.restart();
    else this.#heartbeat.stop();
  }

  onDue(): void {
    this.#pump.wake();
  }

  onAnswered(): void {
    this.#link.prove();
  }

  onLearned(changed: boolean): void {
    if (changed) this.#feed.publish();
    this.#pump.wake();
  }

  connection(): ConnectionControl {
    return this.#link.control;
  }

  claimUid(uid: InstanceUid): void {
    this.#link.claimUid(uid);
  }

  onServerError(error: OpAMPError): void {
    if (this.#link.pollsForMessages) this.#pump.answeredWith(error);
    if (error.code === "throttled") this.onThrottled(error);
    if (error.code === "throttled" || this.#link.isOnTrial) this.#link.drop(error);
  }

  onThrottled(error: OpAMPError): void {
    this.#pump.throttledWith(error);
  }

  /** A message that makes no sense ends the session it came on (L-03). */
  onMalformed(error: OpAMPError): void {
    this.conversation.guard.report(error);
    if (this.#link.pollsForMessages) this.#pump.answeredWith(error);
    this.#link.drop(error);
  }

  /** 0 disables heartbeats on WebSocket and leaves polling as it was (A-01, C-20, L-22). */
  onHeartbeatInterval(seconds: bigint): void {
    const polls = this.#link.pollsForMessages;
    const isHonoured =
      this.conversation.declares("ReportsHeartbeat") ||
      (polls && this.conversation.declares("AcceptsOpAMPConnectionSettings"));
    if (!isHonoured || (polls && seconds === 0n)) return;
    const heartbeatIntervalMs = Number(seconds) * 1000;
    this.#heartbeat.setIntervalMs(heartbeatIntervalMs);
    this.#link.control.remember({ heartbeatIntervalMs });
  }
}
