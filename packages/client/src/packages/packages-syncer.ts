import type { PackageStatuses } from "@opamp/protocol";

/** How a sync ended; nothing of it is a rejection. */
export interface PackagesSyncOutcome {
  /**
   * - `unchanged`: everything that is offered was there already
   * - `synced`: everything that is offered is installed now
   * - `failed`: something could not be installed; the statuses say what and why
   * - `superseded`: a newer offer has taken over
   * - `aborted`: the signal fired, or the client was stopped
   */
  readonly result: "unchanged" | "synced" | "failed" | "superseded" | "aborted";
  /** As they were last reported. */
  readonly statuses: PackageStatuses;
}

/** Brings the packages of one offer to the agent. */
export interface PackagesSyncer {
  /**
   * Downloads and installs what is offered, deletes what no longer is, and reports all along. Only
   * one sync runs at a time: an earlier one ends as superseded first. Meant to be called once.
   */
  sync(options?: { readonly signal?: AbortSignal }): Promise<PackagesSyncOutcome>;
}
