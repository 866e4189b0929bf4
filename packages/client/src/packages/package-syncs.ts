import { isDeepStrictEqual } from "node:util";
import {
  type Clock,
  copyStatusPart,
  describeThrown,
  type Logger,
  OpAMPError,
  type PackageStatuses,
  type PackageStatusesInit,
  type PackagesAvailable,
  type Random,
} from "@opamp/protocol";
import type { RetryPolicy } from "../retry-policy.ts";
import { AttemptScope, raceSignal } from "../transport/attempt-scope.ts";
import { syncOffer } from "./offer-sync.ts";
import type { PackageFetch } from "./packages-options.ts";
import type { PackagesStateProvider } from "./packages-state-provider.ts";
import type { PackagesSyncer, PackagesSyncOutcome } from "./packages-syncer.ts";
import { Progress } from "./progress.ts";
import type { ResolvedPackages } from "./resolve-packages.ts";
import { restoreStatuses } from "./restore-statuses.ts";
import { StatusBoard } from "./status-board.ts";
import { StatusKeeper } from "./status-keeper.ts";

export interface PackageSyncsOptions {
  readonly provider: PackagesStateProvider;
  readonly settings: ResolvedPackages;
  readonly fetch: PackageFetch;
  readonly retry: RetryPolicy;
  readonly maxRedirects: number;
  /** Whether the server is spoken to over TLS, at present. */
  readonly isServerTls: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Fires when the client stops. */
  readonly signal: AbortSignal;
  /** What was reported last, by this run or an earlier one. */
  readonly reported: () => PackageStatuses | undefined;
  readonly onStatuses: (statuses: PackageStatuses) => void;
  readonly onError: (error: OpAMPError) => void;
}

/** One sync, running or about to. */
interface Sync {
  readonly offer: PackagesAvailable;
  readonly controller: AbortController;
  readonly outcome: Promise<PackagesSyncOutcome>;
}

/** Why a sync ended before its time. */
type End = "superseded" | "aborted";

const endReasons: Readonly<Record<End, string>> = {
  superseded: "a newer offer of packages has taken over",
  aborted: "the sync of packages was called off",
};

/** All syncs of one agent: one runs at a time, and the newest offer is the one that counts (L-11). */
export class PackageSyncs {
  readonly #options: PackageSyncsOptions;
  readonly #keeper: StatusKeeper;
  #offers = 0;
  #newest = 0;
  #current: Sync | undefined;
  /** The end of the last sync that has begun. */
  #running: Promise<unknown> = Promise.resolve();
  readonly #superseded = new WeakSet<AbortSignal>();

  constructor(options: PackageSyncsOptions) {
    this.#options = options;
    this.#keeper = new StatusKeeper(options.provider, options.signal, options.onError);
  }

  /** The statuses of an earlier run. A provider that fails or takes too long is reported. */
  async restore(): Promise<PackageStatusesInit | undefined> {
    const { provider, settings, clock, signal, onError } = this.#options;
    using scope = new AttemptScope(clock, signal);
    scope.deadline(settings.restoreTimeoutMs, "lastReportedStatuses did not answer");
    try {
      const statuses = await raceSignal(
        restoreStatuses(provider, { signal: scope.signal }),
        scope.signal,
      );
      return statuses && copyStatusPart("packageStatuses", statuses);
    } catch (thrown) {
      if (signal.aborted) return undefined;
      const problem = `the statuses of an earlier run are lost: ${describeThrown(thrown)}`;
      onError(new OpAMPError("callback-failed", problem, { cause: thrown }));
      return undefined;
    }
  }

  /** Each offer gets its own syncer; offers count in the order of this call. */
  syncerFor(offer: PackagesAvailable): PackagesSyncer {
    this.#offers += 1;
    const number = this.#offers;
    return { sync: ({ signal } = {}) => this.#sync(number, offer, signal) };
  }

  /** Resolves when the last sync has ended and its statuses are kept. */
  async settled(): Promise<void> {
    await this.#current?.outcome;
    await this.#running;
  }

  async #sync(
    number: number,
    offer: PackagesAvailable,
    signal: AbortSignal | undefined,
  ): Promise<PackagesSyncOutcome> {
    if (this.#options.signal.aborted || signal?.aborted) return this.#ended("aborted");
    if (number < this.#newest) return this.#ended("superseded");
    this.#newest = number;
    const current = this.#current;
    // The same again, as after a reconnect: the download goes on.
    if (current && !current.controller.signal.aborted && isDeepStrictEqual(current.offer, offer)) {
      return current.outcome;
    }
    if (current !== undefined) {
      this.#superseded.add(current.controller.signal);
      current.controller.abort(new OpAMPError("aborted", endReasons.superseded));
    }
    const sync = this.#start(offer, signal);
    this.#current = sync;
    const outcome = await sync.outcome;
    if (this.#current === sync) this.#current = undefined;
    return outcome;
  }

  #start(offer: PackagesAvailable, outer: AbortSignal | undefined): Sync {
    const controller = new AbortController();
    const abort = (): void => controller.abort(new OpAMPError("aborted", endReasons.aborted));
    const signals = [this.#options.signal, ...(outer ? [outer] : [])];
    for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
    const outcome = this.#inTurn(offer, controller.signal).finally(() => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    });
    return { offer, controller, outcome };
  }

  /** Waits for the sync before, however long that takes to let go, and no longer than it counts. */
  async #inTurn(offer: PackagesAvailable, signal: AbortSignal): Promise<PackagesSyncOutcome> {
    await raceSignal(this.#running, signal).catch(() => undefined);
    if (signal.aborted) return this.#ended(this.#endOf(signal));
    const outcome = this.#run(offer, signal);
    this.#running = outcome.catch(() => undefined);
    return outcome;
  }

  async #run(offer: PackagesAvailable, signal: AbortSignal): Promise<PackagesSyncOutcome> {
    const board = this.#createBoard();
    try {
      const result = await syncOffer(offer, this.#partsOf(board, signal));
      await raceSignal(this.#keeper.settled(), signal);
      return { result, statuses: board.statuses };
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      return this.#cut(board, this.#endOf(signal));
    }
  }

  #endOf(signal: AbortSignal): End {
    return this.#superseded.has(signal) ? "superseded" : "aborted";
  }

  /** A sync that the agent has called off has failed; a stopped one goes on with the next run. */
  #cut(board: StatusBoard, end: End): PackagesSyncOutcome {
    if (end === "aborted" && !this.#options.signal.aborted) {
      board.failUnfinished(endReasons.aborted);
      board.publish();
      board.flush();
    }
    return { result: end, statuses: board.statuses };
  }

  #ended(result: End): PackagesSyncOutcome {
    const statuses = this.#options.reported() ?? copyStatusPart("packageStatuses", {});
    return { result, statuses };
  }

  #createBoard(): StatusBoard {
    return new StatusBoard({
      onReport: this.#options.onStatuses,
      onChange: (statuses) => this.#keeper.save(statuses),
    });
  }

  #partsOf(board: StatusBoard, signal: AbortSignal): Parameters<typeof syncOffer>[1] {
    const { provider, settings, clock, isServerTls, reported } = this.#options;
    const { maxConcurrentDownloads, progressIntervalMs, verifySignature } = settings;
    return {
      provider,
      board,
      signal,
      verifySignature,
      maxConcurrentDownloads,
      reported: reported(),
      progress: new Progress(clock, progressIntervalMs, board),
      rules: {
        needsTls: isServerTls() && !settings.allowInsecureDownloads,
        needsSignature: verifySignature !== undefined,
      },
      downloads: { ...settings, ...this.#options, signal },
    };
  }
}
