import type { WholeConnectionSettings } from "@opamp/client";
import type { ConcludedOffer } from "./connection-settings/connection-record.ts";

/** The OpAMP connection, for features that depend on how it is made. */
export class OwnConnection {
  readonly #listeners: ((offer: ConcludedOffer) => void)[] = [];
  #settings: WholeConnectionSettings;

  constructor(settings: WholeConnectionSettings) {
    this.#settings = settings;
  }

  /** What the agent starts with, or what it last switched to by an offer. */
  get settings(): WholeConnectionSettings {
    return this.#settings;
  }

  /** Calls back when an offer was brought to its end; `settings` are those in force then. */
  onConcluded(listener: (offer: ConcludedOffer) => void): void {
    this.#listeners.push(listener);
  }

  replace(settings: WholeConnectionSettings): void {
    this.#settings = settings;
  }

  conclude(offer: ConcludedOffer): void {
    for (const listener of this.#listeners) listener(offer);
  }
}
