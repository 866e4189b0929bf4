import {
  type Clock,
  type ConnectionSettingsOffers,
  type OpAMPConnectionSettings,
  OpAMPError,
} from "@opamp/protocol";
import type { CallbackGuard } from "../callback-guard.ts";
import type { CallbackContext, Callbacks } from "../callbacks.ts";
import type {
  ConnectionSettings,
  ConnectionSettingsRecord,
  OfferedConnectionSettings,
  SwitchOutcome,
  WholeConnectionSettings,
} from "../connection-settings.ts";
import { AttemptScope, raceSignal } from "../transport/attempt-scope.ts";
import type { ConnectionSettingsPolicy } from "./policy.ts";
import { connectionSettingsFromOffer, type OfferReading } from "./settings-from-offer.ts";

/** What a switch asks of the connection. */
export interface ConnectionControl {
  readonly present: WholeConnectionSettings;
  to(settings: ConnectionSettings): Promise<SwitchOutcome>;
  /** Resolves when all that is due has been said to the present server, or cannot be said. */
  allSaid(): Promise<void>;
}

export interface OfferedSwitchParts {
  readonly guard: CallbackGuard;
  readonly clock: Clock;
  readonly policy: ConnectionSettingsPolicy;
  readonly connection: () => ConnectionControl;
  /** How long one callback may take. */
  readonly callbackMs: number;
}

/** An offer for the OpAMP connection, and whether it still counts. */
export interface OpampOffer {
  readonly hash: Uint8Array;
  readonly offer: OpAMPConnectionSettings;
  /** What is to be taken after the switch, merged with what was accepted before. */
  readonly others: ConnectionSettingsOffers | undefined;
  readonly isNewest: () => boolean;
  /** The next run would go on with the offer: the server may hear of it. */
  readonly onStored: () => void;
}

/** Settings on trial. */
type Candidate = Omit<ConnectionSettingsRecord, "stage">;

/** What the server is told in the end; nothing while another offer or the next run decides. */
export type OfferResult =
  | { readonly kind: "applied" }
  | { readonly kind: "failed"; readonly error: OpAMPError }
  | { readonly kind: "open" };

/** An offer that waits for its turn. */
interface Waiting {
  readonly run: () => Promise<OfferResult>;
  readonly resolve: (result: OfferResult) => void;
}

/** Brings the client to offered settings: stored as a candidate, proven, and kept or dropped. */
export class OfferedSwitch {
  readonly #parts: OfferedSwitchParts;
  /** Offers go one by one, so that what is stored is in the same order. */
  #last: Promise<unknown> = Promise.resolve();
  /** Only the newest: a server may offer faster than the agent takes. */
  #waiting: Waiting | undefined;

  constructor(parts: OfferedSwitchParts) {
    this.#parts = parts;
  }

  take(offer: OpampOffer): Promise<OfferResult> {
    return this.#newest(() => this.#take(offer));
  }

  /** Goes on with a candidate of an earlier run, which is on trial already (C-111). */
  resume(
    candidate: OfferedConnectionSettings,
    outcome: Promise<SwitchOutcome>,
  ): Promise<OfferResult> {
    const { settings } = candidate;
    if (settings === undefined) return Promise.resolve({ kind: "applied" });
    return this.#next(() => this.#conclude({ ...candidate, settings }, () => outcome));
  }

  /** Keeps the settings in force, of which an offer has changed nothing but the interval. */
  keep(offer: Omit<OfferedConnectionSettings, "settings">): Promise<OfferResult> {
    return this.#newest(() => {
      const settings = this.#parts.connection().present;
      return this.#conclude({ ...offer, settings }, async () => ({ kind: "switched" }));
    });
  }

  /** Runs when its turn comes, unless a newer one has come by then. */
  #newest(run: () => Promise<OfferResult>): Promise<OfferResult> {
    const { promise, resolve } = Promise.withResolvers<OfferResult>();
    const before = this.#waiting;
    this.#waiting = { run, resolve };
    if (before === undefined) void this.#next(() => this.#runWaiting());
    else before.resolve(open);
    return promise;
  }

  async #runWaiting(): Promise<OfferResult> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const result = waiting === undefined ? open : await settled(waiting.run);
    waiting?.resolve(result);
    return result;
  }

  #next(run: () => Promise<OfferResult>): Promise<OfferResult> {
    const result = this.#last.then(() => settled(run));
    this.#last = result;
    return result;
  }

  async #take({ hash, offer, others, isNewest, onStored }: OpampOffer): Promise<OfferResult> {
    if (!isNewest()) return { kind: "open" };
    const reading = await this.#read(offer);
    if (reading.kind === "refused") return { kind: "failed", error: reading.error };
    const candidate = { hash, settings: reading.settings, ...(others && { others }) };
    await this.#save("candidate", candidate);
    if (isNewest()) onStored();
    return this.#conclude(candidate, async () => {
      const connection = this.#parts.connection();
      await connection.allSaid();
      return isNewest() ? connection.to(candidate.settings) : { kind: "superseded" };
    });
  }

  async #read(offer: OpAMPConnectionSettings): Promise<OfferReading> {
    const { guard, policy, connection } = this.#parts;
    const { certificate } = offer;
    if (certificate !== undefined && !guard.has("saveConnectionSettings")) {
      const problem = "certificate: cannot be stored, for there is no saveConnectionSettings";
      return { kind: "refused", error: new OpAMPError("invalid-argument", problem) };
    }
    const privateKey =
      certificate?.privateKey.length === 0
        ? await this.#ask("getPrivateKey", async (callbacks, context) =>
            callbacks.getPrivateKey?.(new TextDecoder().decode(certificate.cert), context),
          )
        : undefined;
    return connectionSettingsFromOffer(offer, {
      present: connection().present,
      policy,
      ...(privateKey !== undefined && { privateKey }),
    });
  }

  async #conclude(candidate: Candidate, begin: () => Promise<SwitchOutcome>): Promise<OfferResult> {
    const outcome = await begin().catch(
      (thrown: unknown): SwitchOutcome => ({
        kind: "rolled-back",
        error: OpAMPError.from(thrown, "invalid-argument", "the settings cannot be used"),
      }),
    );
    // The next run goes on with the candidate.
    if (outcome.kind === "stopped") return { kind: "open" };
    const isGood = outcome.kind === "switched";
    await this.#save(isGood ? "valid" : "dropped", candidate).catch((thrown: unknown) =>
      this.#parts.guard.report(OpAMPError.from(thrown, "callback-failed", "storing")),
    );
    if (isGood) return { kind: "applied" };
    const error =
      outcome.kind === "rolled-back"
        ? outcome.error
        : new OpAMPError("aborted", "another switch came before the settings were proven");
    return { kind: "failed", error };
  }

  async #save(stage: ConnectionSettingsRecord["stage"], candidate: Candidate): Promise<void> {
    await this.#ask("saveConnectionSettings", async (callbacks, context) =>
      callbacks.saveConnectionSettings?.({ ...candidate, stage }, context),
    );
  }

  /** Asks a callback, and does not wait for ever. */
  async #ask<T>(
    name: keyof Callbacks,
    call: (callbacks: Callbacks, context: CallbackContext) => Promise<T>,
  ): Promise<T> {
    const { guard, clock, callbackMs } = this.#parts;
    using scope = new AttemptScope(clock);
    scope.deadline(callbackMs, `${name} did not finish`);
    return await raceSignal(guard.ask(name, call), scope.signal);
  }
}

const open: OfferResult = { kind: "open" };

async function settled(run: () => Promise<OfferResult>): Promise<OfferResult> {
  try {
    return await run();
  } catch (thrown) {
    return {
      kind: "failed",
      error: OpAMPError.from(thrown, "callback-failed", "the switch failed"),
    };
  }
}
