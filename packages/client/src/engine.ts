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
import { Connection } from "./connection.ts";
import { ConnectionSettingsOffered } from "./connection-settings-offered.ts";
import { publishReceived, publishSent, publishTransition } from "./diagnostics.ts";
import { EffectiveConfigReader } from "./effective-config-reader.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Identity } from "./identity.ts";
import { Inbox } from "./inbox.ts";
import { OfferGate } from "./offer-gate.ts";
import { Outbox } from "./outbox.ts";
import { Pump } from "./pump.ts";
import { ReportedState } from "./reported-state.ts";
import { checkCustomCapabilities, type ResolvedSettings } from "./resolve-settings.ts";
import { SendQueue } from "./send-queue.ts";
import { ServerKnowledge } from "./server-knowledge.ts";
import type { StartSettings } from "./settings.ts";
import type { ClientStatus, ConnectionState } from "./status.ts";
import { StatusFeed } from "./status-feed.ts";
import type { Session, Transport } from "./transport/transport.ts";

/** Holds the parts of a client and says what leads to what. */
export class Engine {
  readonly customMessages: SendQueue<CustomMessageInit>;
  readonly settingsRequests: SendQueue<ConnectionSettingsRequestInit>;
  readonly #settings: StartSettings;
  readonly #transport: Transport;
  readonly #resolved: ResolvedSettings;
  readonly #stopping = new AbortController();
  readonly #feed: StatusFeed;
  readonly #identity: Identity;
  readonly #state = new ReportedState();
  readonly #server = new ServerKnowledge();
  readonly #guard: CallbackGuard;
  readonly #outbox: Outbox;
  readonly #pump: Pump;
  readonly #heartbeat: Heartbeat;
  readonly #offers: OfferGate;
  readonly #inbox: Inbox;
  readonly #effectiveConfig: EffectiveConfigReader;
  readonly #connection: Connection;

  constructor(settings: StartSettings, resolved: ResolvedSettings, transport: Transport) {
    this.#settings = settings;
    this.#resolved = resolved;
    this.#transport = transport;
    const { clock, random, limits, logger } = resolved;
    this.#feed = new StatusFeed({
      server: this.#server,
      onChange: (status) => publishTransition(this.#identity.uid, status),
    });
    this.#identity = new Identity(resolved.instanceUid);
    this.#guard = new CallbackGuard(settings.callbacks ?? {}, logger, this.#stopping.signal);
    const wake = (): void => this.#pump.wake();
    this.customMessages = new SendQueue("custom messages", limits, wake);
    this.settingsRequests = new SendQueue("connection settings requests", limits, wake);
    this.#outbox = this.#createOutbox();
    this.#pump = new Pump({ outbox: this.#outbox, onSent: (bytes) => this.#onSent(bytes) });
    this.#heartbeat = new Heartbeat({
      clock,
      random,
      intervalMs: resolved.heartbeatIntervalMs,
      beat: () => this.#pump.wake("report"),
    });
    this.#offers = new OfferGate(this.#state, () => this.#outbox.capabilityBits);
    this.#restore();
    this.#inbox = this.#createInbox();
    this.#effectiveConfig = this.#createEffectiveConfigReader();
    this.#connection = this.#createConnection();
  }

  get instanceUid(): InstanceUid {
    return this.#identity.uid;
  }

  get status(): ClientStatus {
    return this.#feed.status;
  }

  statusChanges(signal?: AbortSignal): AsyncIterableIterator<ClientStatus> {
    return this.#feed.read(signal);
  }

  declares(capability: AgentCapability): boolean {
    return this.#offers.declares(capability);
  }

  announces(customCapability: string): boolean {
    return this.#offers.announces(customCapability);
  }

  start(): void {
    const { state } = this.status;
    if (state !== "idle") {
      throw new OpAMPError("invalid-state", `start() was called before; the client is ${state}`);
    }
    checkConsistency(this.#outbox.capabilityBits, this.#state, this.#guard);
    this.readEffectiveConfig();
    this.#connection.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#heartbeat.stop();
    this.#effectiveConfig.stop();
    await this.#connection.stop();
    const error = new OpAMPError("stopped", "the client was stopped before this was sent");
    this.customMessages.close(error);
    this.settingsRequests.close(error);
  }

  set<P extends StatusPart>(part: P, init: StatusPartInit<P>): void {
    if (!this.#state.set(part, init)) return;
    this.#pump.wake();
    if (part === "remoteConfigStatus") this.#saveRemoteConfigStatus();
  }

  setCapabilityBits(bits: bigint): void {
    if (this.status.state !== "idle") checkConsistency(bits, this.#state, this.#guard);
    this.#outbox.setCapabilityBits(bits);
    if (this.status.state !== "idle") this.readEffectiveConfig();
    this.#pump.wake();
  }

  setFlagBits(bits: bigint): void {
    this.#outbox.setFlagBits(bits);
    this.#pump.wake();
  }

  /** Does nothing when the agent reports no effective config. */
  readEffectiveConfig(): void {
    if (this.declares("ReportsEffectiveConfig")) this.#effectiveConfig.read();
  }

  #createOutbox(): Outbox {
    const { capabilityBits, flagBits, limits } = this.#resolved;
    const parts = {
      identity: this.#identity,
      state: this.#state,
      server: this.#server,
      customMessages: this.customMessages,
      settingsRequests: this.settingsRequests,
      maxSendBytes: limits.maxSendBytes,
      onDropped: (error: OpAMPError) => this.#guard.report(error),
    };
    return new Outbox(parts, capabilityBits, flagBits);
  }

  #createInbox(): Inbox {
    return new Inbox({
      identity: this.#identity,
      server: this.#server,
      guard: this.#guard,
      offers: this.#offers,
      connectionSettings: new ConnectionSettingsOffered({
        state: this.#state,
        offers: this.#offers,
        guard: this.#guard,
        onHeartbeatInterval: (seconds) => this.#setHeartbeatInterval(seconds),
        onStatus: () => this.#pump.wake(),
      }),
      events: {
        onDecoded: (message, bytes) => publishReceived(this.#identity.uid, message, bytes),
        onMalformed: (error) => this.#failExchange(error),
        onConfirmed: () => this.#state.confirm(),
        onServerError: (error) => this.#onServerError(error),
        onLearned: (changed) => this.#onLearned(changed),
        onUidAssigned: () => {
          this.#outbox.uidAssigned();
          this.#pump.wake();
        },
        onFullStateRequested: () => {
          this.#outbox.requestFullState();
          this.readEffectiveConfig();
          this.#pump.wake();
        },
        onComponentsRequested: () => {
          this.#outbox.requestComponents();
          this.#pump.wake();
        },
      },
    });
  }

  #createEffectiveConfigReader(): EffectiveConfigReader {
    const { clock, random } = this.#resolved;
    return new EffectiveConfigReader({
      clock,
      random,
      read: () => this.#guard.ask("getEffectiveConfig", getEffectiveConfig),
      onConfig: (configMap) => this.set("effectiveConfig", { configMap }),
      onError: (error) => this.#guard.report(error),
    });
  }

  #createConnection(): Connection {
    const { retry, clock, random, timeouts } = this.#resolved;
    return new Connection({
      transport: this.#transport,
      instanceUid: () => this.#identity.uid,
      retry,
      clock,
      random,
      firstReplyMs: timeouts.responseMs,
      closeMs: timeouts.stopMs,
      events: {
        onState: (state) => this.#onState(state),
        onSession: (session) => this.#onSession(session),
        onMessage: (message) => this.#inbox.receive(message),
        onSessionLost: () => this.#onSessionLost(),
        onConnectFailed: (error) =>
          this.#guard.notify("onConnectFailed", ({ onConnectFailed }) => onConnectFailed?.(error)),
        beforeClose: (session) => this.#pump.sayGoodbye(session),
      },
    });
  }

  /** What an earlier run or the settings know is reported like anything else. */
  #restore(): void {
    const { health, remoteConfigStatus, connectionSettingsStatus } = this.#settings;
    const { customCapabilities, availableComponents } = this.#settings;
    this.#state.set("agentDescription", this.#resolved.agentDescription);
    if (health !== undefined) this.#state.set("health", health);
    if (remoteConfigStatus !== undefined) this.#state.set("remoteConfigStatus", remoteConfigStatus);
    if (connectionSettingsStatus !== undefined) {
      this.#state.set("connectionSettingsStatus", connectionSettingsStatus);
    }
    if (availableComponents !== undefined) {
      this.#state.set("availableComponents", availableComponents);
    }
    if (customCapabilities === undefined) return;
    checkCustomCapabilities(customCapabilities);
    this.#state.set("customCapabilities", { capabilities: customCapabilities });
  }

  #onState(state: ConnectionState): void {
    this.#resolved.logger.debug(`the client is ${state.state}`);
    this.#feed.publish(state);
    if (state.state !== "online") return;
    this.#guard.notify("onConnect", ({ onConnect }) => onConnect?.());
  }

  #onSession(session: Session): void {
    this.#state.connectionLost();
    this.#pump.start(session);
  }

  #onSessionLost(): void {
    this.#pump.stop();
    this.#heartbeat.stop();
  }

  /** Any message counts as a heartbeat (C-79). */
  #onSent(bytes: Uint8Array): void {
    publishSent(this.#identity.uid, bytes);
    if (this.#transport.pollsForMessages || this.declares("ReportsHeartbeat")) {
      this.#heartbeat.restart();
    } else this.#heartbeat.stop();
  }

  /** What the server does not take is turned down, what it does take may leave now. */
  #onLearned(changed: boolean): void {
    if (changed) this.#feed.publish();
    this.customMessages.rejectWhere(
      ({ capability = "" }) => !this.#server.supports(capability),
      ({ capability = "" }) => peerLacks(`the custom capability ${JSON.stringify(capability)}`),
    );
    this.settingsRequests.rejectWhere(
      () => !this.#server.accepts("AcceptsConnectionSettingsRequest"),
      () => peerLacks("the capability AcceptsConnectionSettingsRequest"),
    );
    this.#pump.wake();
  }

  #onServerError(error: OpAMPError): void {
    if (this.#transport.pollsForMessages) this.#pump.answeredWith(error);
    if (error.code === "throttled") this.#connection.drop(error);
    else this.#state.confirm();
  }

  /** A message that makes no sense ends the session it came on (L-03). */
  #failExchange(error: OpAMPError): void {
    this.#guard.report(error);
    if (this.#transport.pollsForMessages) this.#pump.answeredWith(error);
    this.#connection.drop(error);
  }

  /** 0 disables heartbeats on WebSocket and leaves polling as it was (A-01, C-20, L-22). */
  #setHeartbeatInterval(seconds: bigint): void {
    const polls = this.#transport.pollsForMessages;
    const honoured =
      this.declares("ReportsHeartbeat") ||
      (polls && this.declares("AcceptsOpAMPConnectionSettings"));
    if (!honoured || (polls && seconds === 0n)) return;
    this.#heartbeat.setIntervalMs(Number(seconds) * 1000);
  }

  #saveRemoteConfigStatus(): void {
    const status = this.#state.get("remoteConfigStatus");
    if (status === undefined) return;
    this.#guard.notify("saveRemoteConfigStatus", (callbacks, context) =>
      callbacks.saveRemoteConfigStatus?.(status, context),
    );
  }
}

function peerLacks(what: string): OpAMPError {
  return new OpAMPError("peer-lacks-capability", `the server did not announce ${what}`);
}

async function getEffectiveConfig(
  { getEffectiveConfig }: Callbacks,
  context: CallbackContext,
): Promise<AgentConfigMapInit> {
  return getEffectiveConfig === undefined ? {} : getEffectiveConfig(context);
}
