import { type Clock, OpAMPError, type Random, type Timer } from "@opamp/protocol";
import { delayBeforeAttemptMs } from "./retry-delay.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { ConnectionState } from "./status.ts";
import type { Session, Transport } from "./transport/transport.ts";

/** A connection is good after so long without a break, also when the server says nothing (L-16). */
const GOOD_AFTER_MS = 5000;

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly instanceUid: () => string;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** From a new WebSocket to the first message of the server (C-233). */
  readonly firstReplyMs: number;
  /** For saying goodbye and closing, before the connection is cut. */
  readonly closeMs: number;
  readonly events: ConnectionEvents;
}

/** What a connection tells; it knows nothing of what is said on it. */
export interface ConnectionEvents {
  onState(state: ConnectionState): void;
  /** A session may be used. */
  onSession(session: Session): void;
  onMessage(message: Uint8Array): void;
  /** The session has ended; the next one comes by itself unless the connection stops. */
  onSessionLost(error: OpAMPError): void;
  onConnectFailed(error: OpAMPError): void;
  /** The last chance to say something on a session that is about to close, until the signal fires. */
  beforeClose(session: Session, signal: AbortSignal): Promise<void>;
}

/** Where a connection is, with what it holds there. Leaving a state releases it. */
type State =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting"; readonly abort: AbortController }
  /** A session that has to prove itself by an answer, because connecting took no I/O (HTTP). */
  | { readonly kind: "probing"; readonly session: Session }
  | { readonly kind: "online"; readonly session: Session; readonly timers: readonly Timer[] }
  | { readonly kind: "backing-off"; readonly timer: Timer }
  | { readonly kind: "stopping" }
  | { readonly kind: "stopped" };

/** Keeps one connection up, until it is stopped. */
export class Connection {
  readonly #options: ConnectionOptions;
  #state: State = { kind: "idle" };
  /** Attempts that failed since the connection was last good. */
  #failures = 0;
  /** The number of an attempt before which nothing failed; a good connection that broke did. */
  #firstAttempt = 1;
  /** The end of the session before: there is never a second one beside it (C-241). */
  #closing: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state.kind === "idle") this.#connect();
  }

  /** Ends the session in order and comes back after a wait (C-226, C-242). */
  drop(error: OpAMPError): void {
    const session = this.#session();
    if (session === undefined) return;
    this.#options.events.onSessionLost(error);
    const { pollsForMessages } = this.#options.transport;
    this.#closing = pollsForMessages ? session.close() : this.#close(session);
    this.#backOff(error);
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
    this.#enter({ kind: "stopping" }, { state: "stopping" });
    await this.#closing;
    if (session !== undefined) await this.#close(session);
    this.#enter({ kind: "stopped" }, { state: "stopped" });
  }

  #connect(): void {
    const abort = new AbortController();
    this.#enter({ kind: "connecting", abort }, { state: "connecting", attempt: this.#attempt });
    this.#establish(abort).catch((thrown: unknown) => {
      if (abort.signal.aborted) return;
      const error = OpAMPError.from(thrown, "connect-failed", "cannot connect");
      this.#backOff(error);
      this.#options.events.onConnectFailed(error);
    });
  }

  async #establish(abort: AbortController): Promise<void> {
    const { transport, instanceUid } = this.#options;
    await this.#closing;
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
    const { clock, firstReplyMs, transport } = this.#options;
    const timers = [clock.setTimer(() => this.#isGood(), GOOD_AFTER_MS)];
    if (!transport.pollsForMessages) {
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
    const { events, transport } = this.#options;
    events.onSessionLost(error);
    this.#backOff(error);
    // A failed poll is a failed attempt: only the next one can tell whether the server is there.
    if (transport.pollsForMessages) events.onConnectFailed(error);
  }

  #backOff(error: OpAMPError): void {
    this.#failures += 1;
    const { retry, random, clock } = this.#options;
    const delayMs = delayBeforeAttemptMs({ retry, random, attempt: this.#failures, error });
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

/** Frees what a state holds; an attempt to connect is over by itself unless it is cut short. */
function release(state: State, next: State): void {
  if (state.kind === "connecting" && next.kind === "stopping") state.abort.abort();
  if (state.kind === "online") cancelAll(state.timers);
  if (state.kind === "backing-off") state.timer.cancel();
}

function cancelAll(timers: readonly Timer[]): void {
  for (const timer of timers) timer.cancel();
}
