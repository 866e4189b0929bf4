import type { CallbackContext } from "@opamp/client";
import { type ConnectionSettingsOffers, OpAMPError } from "@opamp/protocol";
import type { Feature } from "../feature.ts";
import type { ConnectionStore } from "./connection-store.ts";

export interface SettingsTakersOptions {
  readonly takers: readonly Feature[];
  readonly store: ConnectionStore;
  /** All takers have taken an offer, and that is on disk. */
  readonly onTaken: (offers: ConnectionSettingsOffers) => void;
  readonly report: (error: OpAMPError) => void;
}

/** Hands what is offered beside the OpAMP connection to the features, one offer at a time. */
export class SettingsTakers {
  readonly #options: SettingsTakersOptions;
  readonly #stopping = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: SettingsTakersOptions) {
    this.#options = options;
  }

  /** Takes up what earlier runs accepted, without a server (C-109, C-110). */
  restore(): void {
    const { accepted } = this.#options.store.record;
    if (accepted === undefined) return;
    this.#hand(accepted, this.#stopping.signal).catch((thrown: unknown) => {
      const what = "taking up the connection settings that were accepted before";
      this.#options.report(OpAMPError.from(thrown, "callback-failed", what));
    });
  }

  /** Resolves when all have taken the offer; rejects with the reason of the one that does not. */
  async take(offers: ConnectionSettingsOffers, { signal }: CallbackContext): Promise<void> {
    const { store, onTaken } = this.#options;
    store.handing(offers);
    try {
      await this.#hand(offers, AbortSignal.any([signal, this.#stopping.signal]));
    } catch (thrown) {
      if (this.#stopping.signal.aborted) return await untilNextRun();
      throw thrown;
    }
    if (this.#isClosed) return await untilNextRun();
    store.accepted(offers);
    onTaken(offers);
  }

  /** Aborts what runs, and resolves when it has ended, or at the deadline. */
  async stop(deadline: Promise<void>): Promise<void> {
    this.#stopping.abort(new OpAMPError("stopped", "the agent stops"));
    await Promise.race([this.#last, deadline]);
    // The directory is about to be another agent's.
    this.#isClosed = true;
  }

  #hand(offers: ConnectionSettingsOffers, signal: AbortSignal): Promise<void> {
    const handed = this.#last.then(async () => {
      for (const { takeConnectionSettings } of this.#options.takers) {
        signal.throwIfAborted();
        await takeConnectionSettings?.(offers, { signal });
      }
    });
    // Whoever waits for this offer hears how it ended; the next one need not.
    this.#last = handed.catch(() => undefined);
    return handed;
  }
}

/** Stopping in order is no failure: the next run takes the offer up again, and says how it ended. */
function untilNextRun(): Promise<never> {
  return new Promise(() => {});
}
