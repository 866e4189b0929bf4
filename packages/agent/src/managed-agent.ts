import type { OpAMPClient } from "@opamp/client";
import { type ComponentHealthInit, type InstanceUid, OpAMPError } from "@opamp/protocol";
import type { Agent } from "./agent.ts";
import { availableComponentsFrom, type Components } from "./available-components.ts";
import type { Feature } from "./feature.ts";
import { assertHealth, completedHealth } from "./health.ts";
import type { OwnTelemetry } from "./own-telemetry/own-telemetry.ts";
import type { PackageFile } from "./packages/packages-settings.ts";

export interface ManagedAgentParts {
  readonly client: OpAMPClient;
  readonly features: readonly Feature[];
  readonly ownTelemetry: OwnTelemetry | undefined;
  /** Gives the state directory free. */
  readonly unlock: () => void;
  readonly startTimeUnixNano: bigint;
}

/** A client and the features that live on it. */
export class ManagedAgent implements Agent {
  readonly #parts: ManagedAgentParts;
  #isStarted = false;
  #stopped: Promise<void> | undefined;

  constructor(parts: ManagedAgentParts) {
    this.#parts = parts;
  }

  get client(): OpAMPClient {
    return this.#parts.client;
  }

  get ownTelemetry(): OwnTelemetry | undefined {
    return this.#parts.ownTelemetry;
  }

  get instanceUid(): InstanceUid {
    return this.client.instanceUid;
  }

  get packages(): ReadonlyMap<string, PackageFile> {
    const feature = this.#parts.features.find(({ packages }) => packages !== undefined);
    return feature?.packages?.() ?? new Map();
  }

  async start(): Promise<void> {
    if (this.#stopped !== undefined) {
      throw new OpAMPError("invalid-state", "start() was called after stop()");
    }
    // First the features: what the program runs with should be in the first report.
    if (!this.#isStarted) {
      this.#isStarted = true;
      for (const { start } of this.#parts.features) start?.();
    }
    await this.client.start();
    for (const { started } of this.#parts.features) started?.();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  setHealth(health: ComponentHealthInit): void {
    assertHealth("health", health);
    this.client.setHealth(completedHealth(health, this.#parts.startTimeUnixNano));
  }

  setAvailableComponents(components: Components): void {
    this.client.setAvailableComponents(availableComponentsFrom(components));
  }

  updateEffectiveConfig(): void {
    this.client.updateEffectiveConfig();
  }

  async #stop(): Promise<void> {
    const { features, unlock } = this.#parts;
    try {
      const stops = await Promise.allSettled(features.map(async ({ stop }) => stop?.()));
      await this.client.stop();
      const closes = await Promise.allSettled(features.map(async ({ close }) => close?.()));
      for (const end of [...stops, ...closes]) if (end.status === "rejected") throw end.reason;
    } finally {
      unlock();
    }
  }
}
