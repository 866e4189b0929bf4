import type { OpAMPClient } from "@opamp/client";
import type { ComponentHealthInit, InstanceUid } from "@opamp/protocol";
import type { Components } from "./available-components.ts";
import type { OwnTelemetry } from "./own-telemetry/own-telemetry.ts";
import type { PackageFile } from "./packages/packages-settings.ts";

/** A program under the management of an OpAMP server. */
export interface Agent extends AsyncDisposable {
  /** The uid in use; it stays the same over restarts. */
  readonly instanceUid: InstanceUid;
  /** The client underneath, for all that the agent does not do. */
  readonly client: OpAMPClient;
  /** The packages that are installed now, by name; none without `settings.packages`. */
  readonly packages: ReadonlyMap<string, PackageFile>;
  /** Where to record telemetry of the program; undefined without `settings.ownTelemetry`. */
  readonly ownTelemetry: OwnTelemetry | undefined;
  /**
   * Hands over the config on disk, if there is one, and starts connecting. Waits for neither: a
   * server that is away is tried again. Rejects with `invalid-state` when called twice.
   */
  start(): Promise<void>;
  /**
   * Says goodbye, closes, and gives the state directory free; an apply that runs is aborted and
   * waited for, up to `timeouts.stopMs`. Later calls wait for the first.
   */
  stop(): Promise<void>;
  /**
   * Reports the health. Since when the agent runs is added, and a `lastError` where there is none
   * (C-90, C-91). Throws `capability-not-declared` when `settings.health` was not given.
   */
  setHealth(health: ComponentHealthInit): void;
  /** Reports other components. Throws `capability-not-declared` when `settings.availableComponents` was not given. */
  setAvailableComponents(components: Components): void;
  /** Reads the effective config again, and reports it if it changed. */
  updateEffectiveConfig(): void;
}
