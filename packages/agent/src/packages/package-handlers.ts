import { type Clock, describeThrown, OpAMPError } from "@opamp/protocol";
import { callWithin } from "../call-within.ts";
import type { PackageContents } from "./package-contents.ts";
import { packageFile } from "./package-file.ts";
import type { PackageRecord, PackageVersion } from "./package-record.ts";
import type { InstallReason, PackagesSettings, UninstallReason } from "./packages-settings.ts";

export interface PackageHandlersOptions
  extends Pick<PackagesSettings, "install" | "uninstall" | "isHealthy"> {
  readonly timeoutMs: number;
  readonly healthCheckMs: number;
  readonly contents: PackageContents;
  readonly clock: Clock;
}

/** What the user does with packages, within its time (L-07). Everything rejects with the reason. */
export class PackageHandlers {
  readonly #options: PackageHandlersOptions;
  readonly #stopping: AbortSignal;
  readonly #closed: AbortSignal;

  /** `stopping` asks what runs to end; after `closed` nobody waits for it. */
  constructor(options: PackageHandlersOptions, stopping: AbortSignal, closed: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
    this.#closed = closed;
  }

  async install(
    record: PackageRecord,
    version: PackageVersion,
    reason: InstallReason,
  ): Promise<void> {
    const { install, contents } = this.#options;
    if (install === undefined) return;
    const file = packageFile(record, version, contents);
    await this.call("installing", (signal) => install(file, { signal, reason }));
  }

  async uninstall(
    record: PackageRecord,
    version: PackageVersion,
    reason: UninstallReason,
  ): Promise<void> {
    const { uninstall, contents } = this.#options;
    if (uninstall === undefined) return;
    const file = packageFile(record, version, contents);
    await this.call("uninstalling", (signal) => uninstall(file, { signal, reason }));
  }

  async checkHealth(record: PackageRecord, version: PackageVersion): Promise<void> {
    const { isHealthy, healthCheckMs, contents } = this.#options;
    if (isHealthy === undefined) return;
    this.#stopping.throwIfAborted();
    const file = packageFile(record, version, contents);
    const check = (signal: AbortSignal) => isHealthy(file, { signal });
    const answer: unknown = await this.call("the health check", check, healthCheckMs);
    if (answer !== true) throw new OpAMPError("callback-failed", "the package is not healthy");
  }

  /** Bounds what else is the user's. */
  call<T>(
    what: string,
    act: (signal: AbortSignal) => T | Promise<T>,
    timeoutMs: number = this.#options.timeoutMs,
  ): Promise<T> {
    const named = async (over: AbortSignal): Promise<T> => {
      try {
        return await act(AbortSignal.any([this.#stopping, over]));
      } catch (cause) {
        const problem = `${what} failed: ${describeThrown(cause)}`;
        throw new OpAMPError("callback-failed", problem, { cause });
      }
    };
    const { clock } = this.#options;
    return callWithin(named, { what, timeoutMs, clock, signal: this.#closed });
  }
}
