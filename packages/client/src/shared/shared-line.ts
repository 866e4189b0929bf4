import { decodeServerToAgent, type InstanceUid, OpAMPError } from "@opamp/protocol";
import { peekInstanceUid } from "@opamp/protocol/internal";
import { Connection } from "../connection.ts";
import type { ConnectionEvents } from "../connection-options.ts";
import type { Route } from "../connection-settings.ts";
import { guardRetryPolicy } from "../guard-retry-policy.ts";
import type { Link, LinkHost, SwitchControl } from "../link.ts";
import { logState } from "../log-state.ts";
import { errorFromServer } from "../server-error.ts";
import type { ConnectionState } from "../status.ts";
import { AttemptScope, raceSignal } from "../transport/attempt-scope.ts";
import type { Session } from "../transport/transport.ts";
import type { Line } from "./line.ts";
import { refusedSwitch } from "./refused-switch.ts";
import type { ResolvedShared } from "./resolve-shared.ts";
import { SharedMember } from "./shared-member.ts";
import { Strangers } from "./strangers.ts";
import { Turns } from "./turns.ts";
import { UidTable } from "./uid-table.ts";

/**
 * One WebSocket for many agents, told apart by their uid (W-23). It connects when the first one
 * joins, and closes when the last one leaves. Whatever happens to it, there is one attempt and one
 * wait for all of them.
 */
export class SharedLine implements Line {
  readonly options: ResolvedShared;
  readonly control: SwitchControl;
  readonly route: Route;
  readonly #members = new Set<SharedMember>();
  /** Those who say goodbye, until they have said it. */
  readonly #leaving = new Map<SharedMember, Promise<void>>();
  readonly #uids = new UidTable<SharedMember>();
  readonly #turns = new Turns(1);
  readonly #strangers: Strangers;
  #connection: Connection | undefined;
  /** The end of the connection before: there is never a second one beside it (C-241). */
  #closed: Promise<void> = Promise.resolve();
  #state: ConnectionState = { state: "idle" };
  #session: Session | undefined;

  constructor(options: ResolvedShared, route: Route) {
    this.options = options;
    this.control = refusedSwitch(route.settings);
    this.route = route;
    this.#strangers = new Strangers(options.logger, options.clock);
  }

  get size(): number {
    return this.#members.size;
  }

  createLink(host: LinkHost): Link {
    return new SharedMember(this, host);
  }

  claimUid(uid: InstanceUid, member: SharedMember): void {
    this.#uids.claim(uid, member);
  }

  join(member: SharedMember): void {
    this.#members.add(member);
    if (this.#connection === undefined) {
      this.#connection = this.#createConnection();
      this.#connection.start();
      return;
    }
    member.onState(this.#state);
    if (this.#session !== undefined) member.onSession(this.#session);
  }

  /** Resolves when the member has said goodbye, and the last one's when the connection is closed. */
  async leave(member: SharedMember): Promise<void> {
    const goodbye = this.#sayGoodbye(member);
    this.#leaving.set(member, goodbye);
    this.#members.delete(member);
    if (this.#members.size === 0) await this.#close();
    await goodbye;
    this.#leaving.delete(member);
    this.#uids.release(member);
  }

  drop(error: OpAMPError): void {
    // The server may have refused others as well, and the session ends before it says so.
    if (error.code === "throttled") this.#tell(({ host }) => host.onThrottled(error));
    this.#connection?.drop(error);
  }

  /** Messages go out whole, one by one, in the order in which agents had something to say. */
  inTurn<T>(act: () => Promise<T>): Promise<T> {
    return this.#turns.take(act);
  }

  #createConnection(): Connection {
    const { retry, logger, clock, random, timeouts } = this.options;
    const connection: Connection = new Connection({
      route: this.route,
      instanceUid: () => this.#anyUid(),
      retry: guardRetryPolicy(retry, (error) => logger.warn(`${error.name}: ${error.message}`)),
      clock,
      random,
      firstReplyMs: timeouts.responseMs,
      closeMs: timeouts.stopMs,
      maxRetryAfterMs: timeouts.maxRetryAfterMs,
      after: this.#closed,
      events: this.#connectionEvents(() => connection === this.#connection),
    });
    return connection;
  }

  #connectionEvents(isCurrent: () => boolean): ConnectionEvents {
    return {
      onState: (state) => this.#onState(state),
      onRoute() {},
      onSession: (session) => {
        this.#session = session;
        this.#tell((member) => member.onSession(session));
      },
      onMessage: (message) => this.#receive(message),
      onSessionLost: () => {
        this.#session = undefined;
        this.#tell((member) => member.onSessionLost());
      },
      onConnectFailed: (error) => this.#tell((member) => member.onConnectFailed(error)),
      // Who has joined since the last one left waits for the next connection.
      beforeClose: (session, signal) =>
        this.#allSayGoodbye(isCurrent() ? this.#members : [], session, signal),
    };
  }

  #onState(state: ConnectionState): void {
    const { serverUrl } = this.route.settings;
    logState(this.options.logger, { what: "the shared OpAMP connection", serverUrl }, state);
    // What a connection without agents does concerns nobody.
    if (state.state === "stopping" || state.state === "stopped") return;
    this.#state = state;
    this.#tell((member) => member.onState(state));
  }

  /** Some may leave, and others join, while it is told. */
  #tell(what: (member: SharedMember) => void): void {
    const members = [...this.#members];
    for (const member of members) what(member);
  }

  #receive(message: Uint8Array): void {
    let uid: Uint8Array;
    try {
      uid = peekInstanceUid(message);
      if (uid.length !== 16) return this.#receiveForNobody(message, uid.length);
    } catch (thrown) {
      return this.drop(OpAMPError.from(thrown, "malformed-message", "the server's message"));
    }
    const member = this.#uids.find(uid);
    if (member === undefined) this.#strangers.add(uid);
    else member.onMessage(message);
  }

  /** Only an error may do without a uid; one that asks to be left alone is for all (C-226). */
  #receiveForNobody(message: Uint8Array, uidBytes: number): void {
    const { errorResponse } = decodeServerToAgent(message);
    if (errorResponse === undefined) {
      throw new OpAMPError(
        "malformed-message",
        `the server's message has an instance_uid of ${uidBytes} bytes, not 16`,
      );
    }
    const error = errorFromServer(errorResponse);
    if (error.code === "throttled") this.drop(error);
    else this.options.logger.warn(`${error.name}: ${error.message}`);
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#session = undefined;
    this.#state = { state: "idle" };
    if (connection !== undefined) this.#closed = connection.stop();
    await this.#closed;
  }

  /** The last message of an agent that leaves; a server that takes nothing is not waited for (L-21). */
  async #sayGoodbye(member: SharedMember): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const { clock, timeouts, logger } = this.options;
    using scope = new AttemptScope(clock);
    scope.deadline(timeouts.stopMs, "the goodbye was not said");
    const { signal } = scope;
    try {
      await raceSignal(member.host.beforeClose(session, signal), signal);
    } catch (thrown) {
      const { message } = OpAMPError.from(thrown, "connection-lost", "the goodbye was not said");
      logger.warn(`an agent left the shared OpAMP connection: ${message}`);
    }
  }

  async #allSayGoodbye(
    members: Iterable<SharedMember>,
    session: Session,
    signal: AbortSignal,
  ): Promise<void> {
    const goodbyes = Array.from(members, ({ host }) => host.beforeClose(session, signal));
    await Promise.all([...goodbyes, ...this.#leaving.values()]);
  }

  /** For transports that name an agent when they connect. */
  #anyUid(): InstanceUid {
    for (const { host } of this.#members) return host.instanceUid;
    return "";
  }
}
