import { type InstanceUid, OpAMPError } from "@opamp/protocol";
import { Connection } from "./connection.ts";
import type {
  ConnectionSettings,
  OfferedConnectionSettings,
  Route,
  SwitchOutcome,
  WholeConnectionSettings,
} from "./connection-settings.ts";
import { ConnectionSwitch } from "./connection-switch.ts";
import { Conversation } from "./conversation.ts";
import { publishSent, publishTransition } from "./diagnostics.ts";
import { guardRetryPolicy } from "./guard-retry-policy.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Pump } from "./pump.ts";
import type { ResolvedSettings } from "./resolve-settings.ts";
import type { RouteFactory } from "./route-factory.ts";
import type { StartSettings } from "./settings.ts";
import type { ClientStatus, ConnectionState } from "./status.ts";
import { StatusFeed } from "./status-feed.ts";
import type { Session, Transport } from "./transport/transport.ts";

/** Brings what is said (the conversation) and what carries it (the connection) together. */
export class Engine {
  readonly conversation: Conversation;
  readonly #resolved: ResolvedSettings;
  readonly #candidate: OfferedConnectionSettings | undefined;
  readonly #feed: StatusFeed;
  readonly #pump: Pump;
  readonly #heartbeat: Heartbeat;
  readonly #connection: Connection;
  readonly #switch: ConnectionSwitch;
  /** The first step of the start, which the state does not tell of. */
  #restoring: Promise<void> | undefined;

  constructor(settings: StartSettings, resolved: ResolvedSettings, routes: RouteFactory) {
    this.#resolved = resolved;
    this.#candidate = settings.candidateConnectionSettings;
    this.conversation = this.#createConversation(settings);
    const { outbox, identity, server, guard } = this.conversation;
    this.#pump = new Pump({
      outbox,
      onSent: (bytes) => this.#onSent(bytes),
      onDropped: (error) => guard.report(error),
    });
    this.#heartbeat = new Heartbeat({
      clock: resolved.clock,
      random: resolved.random,
      intervalMs: resolved.heartbeatIntervalMs,
      beat: () => this.#pump.wake("report"),
    });
    this.#feed = new StatusFeed({
      server,
      onChange: (status) => publishTransition(identity.uid, status),
    });
    this.#connection = this.#createConnection(routes.first);
    this.#switch = new ConnectionSwitch({
      connection: this.#connection,
      createRoute: routes.change,
      clock: resolved.clock,
      allSaid: () => this.#pump.allSent(),
      switchMs: resolved.timeouts.switchMs,
    });
  }

  get instanceUid(): InstanceUid {
    return this.conversation.identity.uid;
  }

  get #transport(): Transport {
    return this.#connection.transport;
  }

  get status(): ClientStatus {
    return this.#feed.status;
  }

  get connectionSettings(): WholeConnectionSettings {
    return this.#switch.present;
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
      if (this.status.state !== "idle") return;
    }
    this.conversation.readEffectiveConfig();
    if (this.#candidate === undefined) return this.#connection.start();
    const outcome = this.#startWith(this.#candidate);
    this.conversation.resumeOffer(this.#candidate, outcome);
  }

  #startWith({ settings }: OfferedConnectionSettings): Promise<SwitchOutcome> {
    if (settings !== undefined) return this.#switch.startWith(settings);
    this.#connection.start();
    return Promise.resolve({ kind: "switched" });
  }

  async stop(): Promise<void> {
    this.conversation.end();
    await this.#connection.stop();
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
    return this.#switch.to(settings, signal);
  }

  setCapabilityBits(bits: bigint): void {
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

  #createConversation(settings: StartSettings): Conversation {
    return new Conversation(settings, this.#resolved, {
      onDue: () => this.#pump.wake(),
      onAnswered: () => this.#connection.prove(),
      onLearned: (changed) => {
        if (changed) this.#feed.publish();
        this.#pump.wake();
      },
      onServerError: (error) => this.#onServerError(error),
      onMalformed: (error) => this.#onMalformed(error),
      connection: () => this.#switch,
      onHeartbeatInterval: (seconds) => this.#setHeartbeatInterval(seconds),
    });
  }

  #createConnection(route: Route): Connection {
    const { retry, clock, random, timeouts } = this.#resolved;
    const { guard } = this.conversation;
    return new Connection({
      route,
      instanceUid: () => this.instanceUid,
      retry: guardRetryPolicy(retry, (error) => guard.report(error)),
      clock,
      random,
      firstReplyMs: timeouts.responseMs,
      closeMs: timeouts.stopMs,
      events: {
        onState: (state) => this.#onState(state),
        onRoute: (next) => this.#onRoute(next),
        onSession: (session) => this.#onSession(session),
        onMessage: (message) => this.conversation.receive(message),
        onSessionLost: () => this.#onSessionLost(),
        onConnectFailed: (error) =>
          guard.notify("onConnectFailed", (callbacks) => callbacks.onConnectFailed?.(error)),
        beforeClose: (session, signal) => this.#pump.sayGoodbye(session, signal),
      },
    });
  }

  #onState(state: ConnectionState): void {
    this.#log(state);
    this.#feed.publish(state);
    // Whoever heard of it may have stopped the client.
    if (this.status.state !== "online") return;
    this.conversation.guard.notify("onConnect", (callbacks) => callbacks.onConnect?.());
  }

  #log(state: ConnectionState): void {
    const { logger } = this.#resolved;
    if (state.state !== "backing-off") return logger.info(`OpAMP client is ${state.state}`);
    const { error, attempt, delayMs } = state;
    const reason = `${error.name}: ${error.message}`;
    logger.warn(
      `OpAMP client waits ${Math.round(delayMs)} ms before attempt ${attempt}: ${reason}`,
    );
  }

  /** Another server knows nothing of what was said before, and may be able to do other things. */
  #onRoute({ settings }: Route): void {
    this.conversation.startOver();
    this.#heartbeat.setIntervalMs(settings.heartbeatIntervalMs);
  }

  #onSession(session: Session): void {
    this.conversation.resume();
    this.#pump.start(session);
  }

  #onSessionLost(): void {
    this.#pump.stop();
    this.#heartbeat.stop();
  }

  /** Any message counts as a heartbeat (C-79). */
  #onSent(bytes: Uint8Array): void {
    publishSent(this.instanceUid, bytes);
    if (!this.#pump.isOpen) return;
    const beats =
      this.#transport.pollsForMessages || this.conversation.declares("ReportsHeartbeat");
    if (beats) this.#heartbeat.restart();
    else this.#heartbeat.stop();
  }

  #onServerError(error: OpAMPError): void {
    if (this.#transport.pollsForMessages) this.#pump.answeredWith(error);
    if (error.code === "throttled" || this.#connection.isOnTrial) this.#connection.drop(error);
  }

  /** A message that makes no sense ends the session it came on (L-03). */
  #onMalformed(error: OpAMPError): void {
    this.conversation.guard.report(error);
    if (this.#transport.pollsForMessages) this.#pump.answeredWith(error);
    this.#connection.drop(error);
  }

  /** 0 disables heartbeats on WebSocket and leaves polling as it was (A-01, C-20, L-22). */
  #setHeartbeatInterval(seconds: bigint): void {
    const polls = this.#transport.pollsForMessages;
    const isHonoured =
      this.conversation.declares("ReportsHeartbeat") ||
      (polls && this.conversation.declares("AcceptsOpAMPConnectionSettings"));
    if (!isHonoured || (polls && seconds === 0n)) return;
    const heartbeatIntervalMs = Number(seconds) * 1000;
    this.#heartbeat.setIntervalMs(heartbeatIntervalMs);
    this.#switch.remember({ heartbeatIntervalMs });
  }
}
