import { describeThrown, OpAMPError, type PackageStatuses } from "@opamp/protocol";
import type { PackagesStateProvider } from "./packages-state-provider.ts";

/** Hands statuses to the provider, one call at a time; of those that wait only the newest counts. */
export class StatusKeeper {
  readonly #provider: PackagesStateProvider;
  readonly #signal: AbortSignal;
  readonly #onError: (error: OpAMPError) => void;
  #next: PackageStatuses | undefined;
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;

  constructor(
    provider: PackagesStateProvider,
    signal: AbortSignal,
    onError: (error: OpAMPError) => void,
  ) {
    this.#provider = provider;
    this.#signal = signal;
    this.#onError = onError;
  }

  save(statuses: PackageStatuses): void {
    this.#next = statuses;
    if (!this.#isSaving) this.#saving = this.#saveAll();
  }

  /** Resolves when everything was handed over. */
  settled(): Promise<void> {
    return this.#saving;
  }

  async #saveAll(): Promise<void> {
    this.#isSaving = true;
    for (let statuses = this.#take(); statuses !== undefined; statuses = this.#take()) {
      await this.#save(statuses);
    }
    this.#isSaving = false;
  }

  #take(): PackageStatuses | undefined {
    const statuses = this.#next;
    this.#next = undefined;
    return statuses;
  }

  async #save(statuses: PackageStatuses): Promise<void> {
    try {
      await this.#provider.setLastReportedStatuses(statuses, { signal: this.#signal });
    } catch (cause) {
      if (this.#signal.aborted) return;
      const problem = `setLastReportedStatuses failed: ${describeThrown(cause)}`;
      this.#onError(new OpAMPError("callback-failed", problem, { cause }));
    }
  }
}
