import { describeThrown, OpAMPError } from "@opamp/protocol";
import type { Activities } from "../activities.ts";
import { PackageHandlers, type PackageHandlersOptions } from "./package-handlers.ts";
import type { PackageRecord, PackageVersion, PackageWork } from "./package-record.ts";
import type { PackageStore } from "./package-store.ts";
import type { InstallReason } from "./packages-settings.ts";
import { untilAborted } from "./until-aborted.ts";

export interface InstallerOptions extends PackageHandlersOptions {
  readonly maxInstallAttempts: number;
  readonly store: PackageStore;
  readonly activities: Activities;
  readonly report: (error: OpAMPError) => void;
}

/** A version whose content has just been completed. */
export interface InstallTarget {
  readonly name: string;
  readonly type: number;
  readonly target: PackageVersion;
}

/** A record of something that is being done. */
type Working<State extends PackageWork["state"]> = PackageRecord & {
  readonly work: Extract<PackageWork, { readonly state: State }>;
};

/**
 * Puts packages in force and out of it, one at a time. What is begun is on disk first, so that a run
 * after a crash can end it.
 */
export class Installer {
  /** Everything of the user's goes through them. */
  readonly handlers: PackageHandlers;
  readonly #options: InstallerOptions;
  readonly #stopping = new AbortController();
  readonly #closed = new AbortController();
  /** The packages that this run has done something with. */
  readonly #touched = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.handlers = new PackageHandlers(options, this.#stopping.signal, this.#closed.signal);
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Rejects with the reason when the version does not become the good one; the one before is back. */
  install({ name, type, target }: InstallTarget): Promise<void> {
    const { store, contents } = this.#options;
    return this.#inTurn(name, async () => {
      contents.complete(name, target.contentHash);
      const before = store.get(name);
      const work = { state: "installing", target, attempts: 1 } as const;
      const record = { ...before, name, type, work };
      try {
        store.put(record);
      } catch (thrown) {
        store.tidy();
        throw thrown;
      }
      await this.#install(record, "offered");
    });
  }

  /** Rejects with the reason when the package stays. */
  remove(name: string): Promise<void> {
    const { store } = this.#options;
    return this.#inTurn(name, async () => {
      const before = store.get(name);
      if (before === undefined) return;
      const record = { ...before, work: { state: "removing", attempts: 1 } as const };
      store.put(record);
      await this.#remove(record);
    });
  }

  /** Ends what the run before has begun. Resolves to what failed: names of packages, and why. */
  async recover(): Promise<ReadonlyMap<string, string>> {
    const failures = new Map<string, string>();
    for (const record of this.#options.store.packages) {
      try {
        await this.#inTurn(record.name, () => this.#resume(record));
      } catch (thrown) {
        this.#assertRunning();
        failures.set(record.name, describeThrown(thrown));
      }
    }
    return failures;
  }

  /** Asks what runs to end, and resolves when it has, or at the deadline. */
  async stop(deadline: Promise<void>): Promise<void> {
    this.#stopping.abort(stopped());
    await Promise.race([this.#last, deadline]);
    this.#closed.abort(stopped());
    this.#forgetAttempts();
  }

  /**
   * Acts for a sync. What ends because the agent stops has not failed: the sync is about to be ended,
   * and that is waited for.
   */
  async whileRunning<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (thrown) {
      if (this.isStopping) await untilAborted(signal);
      throw thrown;
    }
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      this.#assertRunning();
      this.#touched.add(name);
      return work();
    });
    this.#last = Promise.allSettled([turn]);
    return turn;
  }

  async #resume(record: PackageRecord): Promise<void> {
    const { work } = record;
    if (work === undefined) return;
    const { store, maxInstallAttempts, report } = this.#options;
    const attempts = work.attempts + 1;
    const isHopeless = attempts > maxInstallAttempts;
    const problem = `the agent ended ${timesOf(work.attempts)} meanwhile`;
    if (!isHopeless) store.settle({ ...record, work: { ...work, attempts } });
    switch (work.state) {
      case "installing":
        if (!isHopeless) return this.#install({ ...record, work }, "interrupted");
        throw await this.#rollBack({ ...record, work }, problem);
      case "rolling-back":
        throw await this.#goBack({ ...record, work }, isHopeless ? problem : undefined);
      case "removing":
        if (!isHopeless) return this.#remove({ ...record, work });
        report(new OpAMPError("callback-failed", `uninstalling failed: ${problem}`));
        return this.#removed(record);
    }
  }

  #install(record: Working<"installing">, reason: InstallReason): Promise<void> {
    const { name, work } = record;
    const attributes = {
      "opamp.package.name": name,
      "opamp.package.version": work.target.version,
      "opamp.package.install.reason": reason,
    };
    return this.#options.activities.run("opamp.package.install", attributes, async () => {
      try {
        await this.#putInForce(record, reason);
      } catch (thrown) {
        this.#assertRunning();
        throw await this.#rollBack(record, reasonOf(thrown));
      }
      this.#options.store.tidy();
    });
  }

  async #putInForce({ name, type, work }: Working<"installing">, reason: InstallReason) {
    const record = { name, type, installed: work.target };
    await this.handlers.install(record, work.target, reason);
    await this.handlers.checkHealth(record, work.target);
    this.#options.store.put(record);
  }

  /** Resolves to what the server is told. */
  #rollBack(record: Working<"installing">, errorMessage: string): Promise<OpAMPError> {
    const { target } = record.work;
    const work = { state: "rolling-back", target, attempts: 1, errorMessage } as const;
    this.#options.store.settle({ ...record, work });
    return this.#goBack({ ...record, work });
  }

  async #goBack(record: Working<"rolling-back">, hopeless?: string): Promise<OpAMPError> {
    const { work, installed, ...rest } = record;
    const { store } = this.#options;
    let { errorMessage } = work;
    try {
      if (hopeless !== undefined) throw new OpAMPError("callback-failed", hopeless);
      if (installed !== undefined) await this.handlers.install(record, installed, "rolled-back");
      else await this.handlers.uninstall(record, work.target, "rolled-back");
    } catch (thrown) {
      this.#assertRunning();
      errorMessage += `; going back failed as well: ${reasonOf(thrown)}`;
      const problem = `the package ${JSON.stringify(rest.name)}: ${errorMessage}`;
      this.#options.report(new OpAMPError("callback-failed", problem, { cause: thrown }));
    }
    store.settle({ ...rest, ...(installed && { installed }) });
    store.tidy();
    return new OpAMPError("callback-failed", errorMessage);
  }

  async #remove(record: Working<"removing">): Promise<void> {
    const { work: _, ...before } = record;
    const { installed } = record;
    try {
      if (installed !== undefined) await this.handlers.uninstall(record, installed, "removed");
    } catch (thrown) {
      this.#assertRunning();
      this.#options.store.settle(before);
      throw thrown;
    }
    this.#removed(record);
  }

  #removed({ name, type }: PackageRecord): void {
    const { store } = this.#options;
    store.settle({ name, type });
    store.tidy();
  }

  #assertRunning(): void {
    this.#stopping.signal.throwIfAborted();
  }

  /** Stopping in order is no attempt that failed. */
  #forgetAttempts(): void {
    const { store } = this.#options;
    for (const record of store.packages) {
      const { work } = record;
      if (work === undefined || !this.#touched.has(record.name)) continue;
      store.settle({ ...record, work: { ...work, attempts: work.attempts - 1 } });
    }
  }
}

function stopped(): OpAMPError {
  return new OpAMPError("stopped", "the agent stops");
}

function timesOf(attempts: number): string {
  return attempts === 1 ? "once" : `${attempts} times`;
}

/** What is no error of ours comes from the disk. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof OpAMPError) return thrown.message;
  return `the package store failed: ${describeThrown(thrown)}`;
}
