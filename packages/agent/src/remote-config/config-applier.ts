import { OpAMPError, type RemoteConfigStatusInit } from "@opamp/protocol";
import type { Activities } from "../activities.ts";
import { type ApplyOnceOptions, type ApplyOutcome, applyOnce } from "./apply-once.ts";
import { hexOf, statusOfReceived } from "./config-record.ts";
import type { ConfigStore } from "./config-store.ts";
import type { RemoteConfig } from "./remote-config.ts";
import type { ApplyReason } from "./remote-config-settings.ts";

export interface ConfigApplierOptions
  extends Pick<ApplyOnceOptions, "apply" | "validate" | "timeoutMs" | "clock"> {
  readonly store: ConfigStore;
  readonly activities: Activities;
  readonly rollBack: boolean;
  readonly maxAttempts: number;
  readonly onStatus: (status: RemoteConfigStatusInit) => void;
  /** What the program runs with has changed, perhaps. */
  readonly onEffect: () => void;
  readonly report: (error: OpAMPError) => void;
}

type FailedApply = Extract<ApplyOutcome, { readonly ok: false }>;

interface Task {
  readonly config: RemoteConfig;
  readonly reason: Exclude<ApplyReason, "rolled-back">;
}

/**
 * Applies configs, one at a time: a newer one aborts the one before and is applied when that has
 * ended. What is reported is on disk first.
 */
export class ConfigApplier {
  readonly #options: ConfigApplierOptions;
  readonly #stopping = new AbortController();
  #superseding = new AbortController();
  #next: Task | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ConfigApplierOptions) {
    this.#options = options;
  }

  /** Takes up what the run before left: what it was at, else what it ran with. */
  start(): void {
    const { store, maxAttempts } = this.#options;
    const { received } = store.record;
    const { interrupted, lastGood } = store;
    if (received?.state === "applying" && interrupted !== undefined) {
      if (received.attempts < maxAttempts) {
        return this.#begin({ config: interrupted, reason: "interrupted" }, received.attempts + 1);
      }
      const times = received.attempts === 1 ? "once" : `${received.attempts} times`;
      this.#conclude(interrupted.hash, `the agent ended ${times} while it applied this config`);
    }
    if (lastGood !== undefined) this.#schedule({ config: lastGood, reason: "started" });
  }

  offer(config: RemoteConfig): void {
    this.#begin({ config, reason: "offered" }, 1);
  }

  /** Refuses an offer without applying it. */
  refuse(hash: Uint8Array, errorMessage: string): void {
    this.#conclude(hash, errorMessage);
  }

  /** Aborts what runs, and resolves when it has ended, or at the deadline. */
  async stop(deadline: Promise<void>): Promise<void> {
    this.#stopping.abort(new OpAMPError("stopped", "the agent stops"));
    this.#next = undefined;
    await Promise.race([this.#running, deadline]);
    // What ends later than that is not heard any more.
    this.#superseding.abort();
    // Stopping in order is no attempt that failed.
    this.#store((store) => store.forgetAttempt());
  }

  /** A config that cannot be stored is not applied: after a crash nobody would know of it. */
  #begin(task: Task, attempts: number): void {
    if (this.#stopping.signal.aborted) return;
    const { store } = this.#options;
    try {
      store.begin(task.config, attempts);
    } catch (thrown) {
      const { message } = OpAMPError.from(thrown, "state-unusable", "the config cannot be stored");
      return this.#conclude(task.config.hash, message);
    }
    this.#reportReceived();
    this.#schedule(task);
  }

  #schedule(task: Task): void {
    this.#next = task;
    this.#superseding.abort(new OpAMPError("aborted", "a newer config has arrived"));
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Whoever brought the config goes on first.
    await Promise.resolve();
    for (let task = this.#take(); task !== undefined; task = this.#take()) {
      await this.#perform(task);
    }
    this.#running = undefined;
  }

  #take(): Task | undefined {
    const task = this.#next;
    this.#next = undefined;
    if (task !== undefined) this.#superseding = new AbortController();
    return task;
  }

  async #perform(task: Task): Promise<void> {
    const outcome = await this.#apply(task.config, task.reason);
    if (this.#superseding.signal.aborted) return;
    if (outcome.ok) this.#succeeded(task);
    else if (!this.#stopping.signal.aborted) await this.#failed(task, outcome);
    this.#options.onEffect();
  }

  async #apply(config: RemoteConfig, reason: ApplyReason): Promise<ApplyOutcome> {
    const { apply, timeoutMs, clock, activities } = this.#options;
    // What was in force before was valid then, and is better than what is not.
    const validate = reason === "rolled-back" ? undefined : this.#options.validate;
    const signal = AbortSignal.any([this.#stopping.signal, this.#superseding.signal]);
    const end = activities.begin("opamp.remote_config.apply", {
      "opamp.remote_config.hash": hexOf(config.hash),
      "opamp.remote_config.reason": reason,
    });
    const outcome = await applyOnce(config, { apply, validate, reason, signal, timeoutMs, clock });
    end(outcome.ok ? undefined : outcome.errorMessage);
    return outcome;
  }

  #succeeded({ config, reason }: Task): void {
    const { received } = this.#options.store.record;
    // A start changes nothing, unless it mends what failed before.
    if (reason === "started" && !(received?.state === "failed" && this.#isReceived(config))) return;
    this.#store((store) => store.applied(config));
    this.#options.onStatus(statusOfReceived({ state: "applied", hash: hexOf(config.hash) }));
  }

  async #failed({ config, reason }: Task, { errorMessage, wasBegun }: FailedApply): Promise<void> {
    const { lastGood } = this.#options.store;
    if (reason === "started") {
      const why = new OpAMPError("callback-failed", `the last good config: ${errorMessage}`);
      this.#options.report(why);
      if (this.#isReceived(config)) this.#conclude(config.hash, errorMessage);
      return;
    }
    this.#conclude(config.hash, errorMessage);
    // A program that has just started runs with nothing yet.
    const isWanted = (this.#options.rollBack && wasBegun) || reason === "interrupted";
    if (!isWanted || lastGood === undefined) return;
    const outcome = await this.#apply(lastGood, "rolled-back");
    if (outcome.ok || this.#isOver()) return;
    const problem = `rolling back failed as well: ${outcome.errorMessage}`;
    this.#conclude(config.hash, `${errorMessage}; ${problem}`);
  }

  #isOver(): boolean {
    return this.#superseding.signal.aborted || this.#stopping.signal.aborted;
  }

  /** Whether the status that is reported is about this config. */
  #isReceived({ hash }: RemoteConfig): boolean {
    return this.#options.store.record.received?.hash === hexOf(hash);
  }

  #conclude(hash: Uint8Array, errorMessage: string): void {
    if (hash.length > 0) this.#store((store) => store.failed(hash, errorMessage));
    const { onStatus } = this.#options;
    onStatus(statusOfReceived({ state: "failed", hash: hexOf(hash), errorMessage }));
  }

  #reportReceived(): void {
    const { received } = this.#options.store.record;
    if (received !== undefined) this.#options.onStatus(statusOfReceived(received));
  }

  /** The disk may refuse: what happened is true and reported all the same. */
  #store(act: (store: ConfigStore) => void): void {
    try {
      act(this.#options.store);
    } catch (thrown) {
      const { report } = this.#options;
      report(OpAMPError.from(thrown, "state-unusable", "the outcome of a config is not stored"));
    }
  }
}
