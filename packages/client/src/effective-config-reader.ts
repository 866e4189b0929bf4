import type { AgentConfigMapInit, Clock, OpAMPError, Random, Timer } from "@opamp/protocol";
import type { CallbackContext, Callbacks } from "./callbacks.ts";
import { exponentialBackoff } from "./retry-policy.ts";

export interface EffectiveConfigReaderOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asks the agent. Rejects when the config cannot be read now. */
  readonly read: () => Promise<AgentConfigMapInit>;
  readonly onConfig: (config: AgentConfigMapInit) => void;
  readonly onError: (error: OpAMPError) => void;
}

const retry = exponentialBackoff();

/**
 * Reads the effective config beside everything else: nothing waits for it, and a failed read is
 * repeated until it succeeds (L-07, L-10).
 */
export class EffectiveConfigReader {
  readonly #options: EffectiveConfigReaderOptions;
  /** Tells the newest read from those it has overtaken. */
  #reads = 0;
  #retryTimer: Timer | undefined;

  constructor(options: EffectiveConfigReaderOptions) {
    this.#options = options;
  }

  /** Reads anew; a read under way no longer counts. */
  read(): void {
    this.#read(1);
  }

  stop(): void {
    this.#reads += 1;
    this.#retryTimer?.cancel();
  }

  #read(attempt: number): void {
    this.stop();
    const read = this.#reads;
    const { clock, random, onConfig, onError } = this.#options;
    const isNewest = (): boolean => read === this.#reads;
    this.#options
      .read()
      .then((config) => {
        if (isNewest()) onConfig(config);
      })
      .catch((error: OpAMPError) => {
        if (!isNewest()) return;
        onError(error);
        const delayMs = retry.delayMs(attempt, random);
        this.#retryTimer = clock.setTimer(() => this.#read(attempt + 1), delayMs);
      });
  }
}

/** The agent's config, or an empty one. */
export async function getEffectiveConfig(
  callbacks: Callbacks,
  context: CallbackContext,
): Promise<AgentConfigMapInit> {
  return callbacks.getEffectiveConfig?.(context) ?? {};
}
