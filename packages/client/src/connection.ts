import { OpAMPError } from "@opamp/protocol";
import type { ConnectionOptions } from "./connection-options.ts";
import { ConnectionRoutes } from "./connection-routes.ts";
import type { Route, SwitchOutcome } from "./connection-settings.ts";
import { cancelAll, release, type State } from "./connection-step.ts";
import { delayBeforeAttemptMs } from "./retry-delay.ts";
import type { ConnectionState } from "./status.ts";
import type { Session, Transport } from "./transport/transport.ts";

/** A connection is good after so long without a break, also when the server says nothing (L-16). */
const GOOD_AFTER_MS = 5000;

/** Keeps one connection up, until it is stopped. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #routes: ConnectionRoutes;
  #state: State = { kind: "idle" };
  /** Attempts that failed since the connection was last good. */
  #failures = 0;
  /** The number of an attempt before which nothing failed; a good connection that broke did. */
  #firstAttempt = 1;
  /** The end of the session before: there is never a second one beside it (C-241). */
  #closing: Promise<void>;
  #stopped: Promise<void> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#routes = new ConnectionRoutes(options.route);
    this.#closing = options.after ?? Promise.resolve();
  }

  get transport(): Transport {
    return this.#routes.transport;
  }

  /** The route that proved good last; another one may be on trial. */
  get routeInForce(): Route {
    return this.#routes.inForce;
  }

  get isOnTrial(): boolean {
    return this.#routes.isOnTrial;
  }

  start(): void {
    if (this.#state.kind === "idle") this.#connect();
  }

  /** Starts with a candidate, which an earlier run could not prove to the end (C-111). */
  startWith(candidate: Route): Promise<SwitchOutcome> {
    const outcome = this.#routes.try(candidate);
    this.#options.events.onRoute(candidate);
    this.start();
    return outcome;
  }

  /** Leaves what is there in order and tries another route, which `prove` puts in force (C-113). */
  switchTo(candidate: Route): Promise<SwitchOutcome> {
    const { kind } = this.#state;
    if (kind === "stopping" || kind === "stopped") return Promise.resolve({ kind: "stopped" });
    if (kind === "idle") {
      this.amend(candidate);
      this.#options.events.onRoute(candidate);
      return Promise.resolve({ kind: "switched" });
    }
    this.#leave((session) => this.#close(session));
    const outcome = this.#routes.try(candidate);
    this.#connectAfresh();
    return outcome;
  }

  /** Replaces the route in force by one that needs no trial. */
  amend(route: Route): void {
    this.#routes.replace(route);
  }

  /** The server has answered: a candidate has proved good. */
  prove(): void {
    this.#routes.prove();
  }

  /** Cuts a candidate off and goes back to the route in force. */
  giveUp(error: OpAMPError): void {
    if (!this.isOnTrial) return;
    this.#leave((session) => session.close(undefined, AbortSignal.abort()));
    this.#retry(error);
  }

  /** Ends the session in order and comes back after a wait (C-226, C-242). */
  drop(error: OpAMPError): void {
    const session = this.#session();
    if (session === undefined) return;
    const { pollsForMessages } = this.transport;
    this.#leave(() => (pollsForMessages ? session.close() : this.#close(session)));
    this.#retry(error);
  }

  /** Ends everything, once. */
  stop(): Promise<void> {
    if (this.#stopped === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      // Known before it begins, for whoever hears of the first step may call this again.
      this.#stopped = promise;
      resolve(this.#stop());
    }
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const session = this.#session();
    this.#routes.stop();
    this.#enter({ kind: "stopping" }, { state: "stopping" });
    await this.#closing;
    if (session !== undefined) await this.#close(session);
    this.#enter({ kind: "stopped" }, { state: "stopped" });
  }

  #connect(): void {
    const attempt = { abort: new AbortController(), ended: Promise.withResolvers<void>() };
    this.#enter({ kind: "connecting", attempt }, { state: "connecting", attempt: this.#attempt });
    const failed = (thrown: unknown): void => {
      if (attempt.abort.signal.aborted) return;
      const error = OpAMPError.from(thrown, "connect-failed", "cannot connect");
      this.#retry(error);
      this.#options.events.onConnectFailed(error);
    };
    this.#establish(attempt.abort).catch(failed).finally(attempt.ended.resolve);
  }

  async #establish(abort: AbortController): Promise<void> {
    const { transport } = this;
    const { instanceUid } = this.#options;
    await this.#closing;
    if (abort.signal.aborted) return;
    let session: Session | undefined;
    /** A server may speak before this end has noticed that it is connected. */
    const early: Uint8Array[] = [];
    const isCurrent = (): boolean => session !== undefined && session === this.#session();
    session = await transport.connect({
      signal: abort.signal,
      instanceUid,
      onMessage: (message) => {
        if (session === undefined) early.push(message);
        else if (isCurrent()) this.#received(message);
      },
      onClose: (error) => {
        if (isCurrent()) this.#lost(error);
      },
    });
    if (abort.signal.aborted) return session.close();
    if (transport.pollsForMessages) this.#enter({ kind: "probing", session });
    else this.#goOnline(session);
    // Whoever heard of it may have stopped the client.
    if (isCurrent()) this.#options.events.onSession(session);
    for (const message of early) if (isCurrent()) this.#received(message);
  }

  #goOnline(session: Session): void {
    const { clock, firstReplyMs } = this.#options;
    const timers = [clock.setTimer(() => this.#isGood(), GOOD_AFTER_MS)];
    if (!this.transport.pollsForMessages) {
      timers.push(clock.setTimer(() => this.#unanswered(firstReplyMs), firstReplyMs));
    }
    this.#enter({ kind: "online", session, timers }, { state: "online" });
  }

  #received(message: Uint8Array): void {
    if (this.#state.kind === "probing") this.#goOnline(this.#state.session);
    const state = this.#state;
    if (state.kind !== "online") return;
    cancelAll(state.timers);
    this.#options.events.onMessage(message);
    // A message that ended the session has proved nothing good (L-16).
    if (this.#state === state) this.#isGood();
  }

  #isGood(): void {
    this.#failures = 0;
    this.#firstAttempt = 0;
  }

  #unanswered(firstReplyMs: number): void {
    this.drop(
      new OpAMPError("timeout", `the server said nothing within ${firstReplyMs} ms of connecting`),
    );
  }

  #lost(reason: OpAMPError | undefined): void {
    const error = reason ?? new OpAMPError("connection-lost", "the connection was closed");
    const { events } = this.#options;
    const { pollsForMessages } = this.transport;
    events.onSessionLost();
    this.#retry(error);
    // A failed poll is a failed attempt: only the next one can tell whether the server is there.
    if (pollsForMessages) events.onConnectFailed(error);
  }

  /** Ends what is under way; the next connection waits until it has ended (C-241, C-242). */
  #leave(end: (session: Session) => Promise<void>): void {
    const state = this.#state;
    const session = this.#session();
    if (session !== undefined) {
      this.#options.events.onSessionLost();
      this.#closing = end(session);
    } else if (state.kind === "connecting") {
      state.attempt.abort.abort();
      this.#closing = Promise.all([this.#closing, state.attempt.ended.promise]).then(() => {});
    }
  }

  /** After a failure: back to the route in force at once, or else again after a wait. */
  #retry(error: OpAMPError): void {
    if (!this.isOnTrial) return this.#backOff(error);
    this.#routes.reject(error);
    this.#connectAfresh();
  }

  /** Connects by another route: what failed before says nothing of it. */
  #connectAfresh(): void {
    this.#failures = 0;
    this.#firstAttempt = 1;
    this.#options.events.onRoute(this.#routes.current);
    this.#connect();
  }

  #backOff(error: OpAMPError): void {
    this.#failures += 1;
    const { clock } = this.#options;
    const delayMs = delayBeforeAttemptMs({ ...this.#options, attempt: this.#failures, error });
    // The policy is the user's code, which may have stopped the client.
    if (this.#state.kind === "stopping" || this.#state.kind === "stopped") return;
    const timer = clock.setTimer(() => this.#connect(), delayMs);
    this.#enter(
      { kind: "backing-off", timer },
      { state: "backing-off", attempt: this.#attempt, delayMs, error },
    );
  }

  /** Says goodbye and closes, within the time there is for both. */
  async #close(session: Session): Promise<void> {
    const { clock, closeMs, events } = this.#options;
    const deadline = new AbortController();
    const timer = clock.setTimer(() => deadline.abort(), closeMs);
    const cut = new Promise<void>((resolve) => {
      deadline.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    try {
      await Promise.race([events.beforeClose(session, deadline.signal), cut]);
      await session.close(undefined, deadline.signal);
    } finally {
      timer.cancel();
    }
  }

  /** The number of the attempt under way or to come. */
  get #attempt(): number {
    return this.#failures + this.#firstAttempt;
  }

  #session(): Session | undefined {
    const state = this.#state;
    return state.kind === "probing" || state.kind === "online" ? state.session : undefined;
  }

  /** The one way from a state to another. */
  #enter(next: State, shown?: ConnectionState): void {
    const { kind } = this.#state;
    if (kind === "stopped" || (kind === "stopping" && next.kind !== "stopped")) return;
    release(this.#state, next);
    this.#state = next;
    if (shown !== undefined) this.#options.events.onState(shown);
  }
}
