import type { OpAMPClient } from "@opamp/client";
import type { ComponentHealthInit, InstanceUid } from "@opamp/protocol";
import type { Agent } from "./agent.ts";
import type { Feature } from "./feature.ts";

/** A client and the features that live on it. */
export class ManagedAgent implements Agent {
  readonly client: OpAMPClient;
  readonly #features: readonly Feature[];
  readonly #unlock: () => void;
  #stopped: Promise<void> | undefined;

  constructor(client: OpAMPClient, features: readonly Feature[], unlock: () => void) {
    this.client = client;
    this.#features = features;
    this.#unlock = unlock;
  }

  get instanceUid(): InstanceUid {
    return this.client.instanceUid;
  }

  async start(): Promise<void> {
    // First the features: what the program runs with should be in the first report.
    if (this.client.status.state === "idle") for (const { start } of this.#features) start?.();
    await this.client.start();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  setHealth(health: ComponentHealthInit): void {
    this.client.setHealth(health);
  }

  updateEffectiveConfig(): void {
    this.client.updateEffectiveConfig();
  }

  async #stop(): Promise<void> {
    try {
      await Promise.all(this.#features.map(async ({ stop }) => stop?.()));
      await this.client.stop();
    } finally {
      this.#unlock();
    }
  }
}
