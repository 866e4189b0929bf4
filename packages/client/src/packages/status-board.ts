import {
  copyStatusPart,
  type PackageAvailableInit,
  PackageStatusEnum,
  type PackageStatuses,
  type PackageStatusInit,
} from "@opamp/protocol";
import type { PackageState } from "./packages-state-provider.ts";

export interface StatusBoardEvents {
  /** There is something new to report. */
  onReport(statuses: PackageStatuses): void;
  /** A package, or the whole, is in another state: it should survive a restart. */
  onChange(statuses: PackageStatuses): void;
}

/** Where each package stands. Every report lists all of them (C-193). */
export class StatusBoard {
  readonly #events: StatusBoardEvents;
  readonly #packages = new Map<string, PackageStatusInit>();
  #allPackagesHash: Uint8Array = new Uint8Array(0);
  #errorMessage = "";
  #isDue = false;
  /** Until the end of the turn in which something was published. */
  #turn: NodeJS.Immediate | undefined;

  constructor(events: StatusBoardEvents) {
    this.#events = events;
  }

  get statuses(): PackageStatuses {
    return copyStatusPart("packageStatuses", {
      packages: Object.fromEntries(this.#packages),
      serverProvidedAllPackagesHash: this.#allPackagesHash,
      errorMessage: this.#errorMessage,
    });
  }

  /** The names of the packages that are listed. */
  get names(): readonly string[] {
    return [...this.#packages.keys()];
  }

  get(name: string): PackageStatusInit {
    return this.#packages.get(name) ?? {};
  }

  /** Which offer the statuses are about; echoed also when it fails (C-182). */
  setAllPackagesHash(hash: Uint8Array): void {
    this.#allPackagesHash = hash;
  }

  /** What went wrong beside the packages; empty for nothing (C-198). */
  setErrorMessage(message: string): void {
    this.#errorMessage = message;
  }

  /** Takes over a package as it was reported before. */
  restore(name: string, status: PackageStatusInit): void {
    this.#packages.set(name, { ...status, name, downloadDetails: undefined });
  }

  /** A package that is there without an offer for it (C-186, C-194). */
  local(name: string, state: PackageState): void {
    this.#packages.set(name, { name, ...has(state), status: PackageStatusEnum.Installed });
  }

  /** A package that waits for its turn (C-189). What it was before does not count any more. */
  pending(name: string, state: PackageState, offered: PackageAvailableInit): void {
    const status = PackageStatusEnum.InstallPending;
    this.#packages.set(name, { name, ...has(state), ...offers(offered), status });
  }

  installed(name: string, state: PackageState, offered: PackageAvailableInit): void {
    const status = PackageStatusEnum.Installed;
    this.#packages.set(name, { name, ...has(state), ...offers(offered), status });
  }

  /** The package has no content any longer: its type changes. */
  emptied(name: string): void {
    this.#patch(name, { agentHasVersion: "", agentHasHash: new Uint8Array(0) });
  }

  downloading(name: string, downloadPercent = 0, downloadBytesPerSecond = 0): void {
    const downloadDetails = { downloadPercent, downloadBytesPerSecond };
    this.#patch(name, { status: PackageStatusEnum.Downloading, downloadDetails });
  }

  installing(name: string): void {
    this.#patch(name, { status: PackageStatusEnum.Installing });
  }

  failed(name: string, errorMessage: string): void {
    this.#patch(name, { status: PackageStatusEnum.InstallFailed, errorMessage });
  }

  removed(name: string): void {
    this.#packages.delete(name);
  }

  /** Every package that is on its way has failed. */
  failUnfinished(errorMessage: string): void {
    for (const [name, { status }] of this.#packages) {
      if (isUnfinished(status)) this.failed(name, errorMessage);
    }
  }

  get hasFailures(): boolean {
    const failed = PackageStatusEnum.InstallFailed;
    return this.#errorMessage !== "" || this.#packages.values().some((p) => p.status === failed);
  }

  /**
   * Reports and keeps what has changed: at once, and what follows in the same turn together at its
   * end. A report lists all packages, so that one for each would take quadratic time.
   */
  publish(): void {
    this.#isDue = true;
    if (this.#turn !== undefined) return;
    this.#turn = setImmediate(() => this.flush());
    this.#publishDue();
  }

  /** Publishes what waits for the end of the turn. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#publishDue();
  }

  /** Reports progress, which is not worth keeping. */
  publishProgress(): void {
    this.#events.onReport(this.statuses);
  }

  #publishDue(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    const { statuses } = this;
    this.#events.onReport(statuses);
    this.#events.onChange(statuses);
  }

  /** Error text and details belong to the state before (C-188 to C-192, C-200, L-25). */
  #patch(name: string, patch: PackageStatusInit): void {
    const { errorMessage: _, downloadDetails: __, ...rest } = this.#packages.get(name) ?? { name };
    this.#packages.set(name, { ...rest, ...patch });
  }
}

/** Whether a package is between being offered and being installed or failed. */
export function isUnfinished(status: number | undefined): boolean {
  return status !== PackageStatusEnum.Installed && status !== PackageStatusEnum.InstallFailed;
}

/** Set only for a package that is there, with its content (C-185). */
function has({ exists, hash, version }: PackageState): PackageStatusInit {
  if (!exists || hash === undefined || hash.length === 0) return {};
  return { agentHasHash: hash, agentHasVersion: version };
}

function offers({ hash, version }: PackageAvailableInit): PackageStatusInit {
  return { serverOfferedHash: hash, serverOfferedVersion: version };
}
