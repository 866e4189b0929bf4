import { type AgentRemoteConfig, describeThrown } from "@opamp/protocol";
import { defaultConfig, type HostwatchConfig, parseConfig } from "./config.ts";
import { readOffer } from "./remote-config.ts";
import type { OfferOutcome, StateStore } from "./state-store.ts";

/** The config in force, which a remote config replaces only when it is right and stored. */
export interface ManagedConfig {
  readonly current: HostwatchConfig;
  /** Whether this offer was dealt with before, perhaps by an earlier run. */
  isKnown(offer: AgentRemoteConfig): boolean;
  /** Takes an offer over or refuses it, and remembers which. */
  take(offer: AgentRemoteConfig): OfferOutcome;
}

/** Starts from the last remote config that was applied, else from the default. */
export function createManagedConfig(store: StateStore): ManagedConfig {
  const stored = parseConfig(store.state.remoteConfig ?? "");
  let current = stored.ok ? stored.config : defaultConfig;
  return {
    get current() {
      return current;
    },
    isKnown: (offer) => store.state.lastOffer?.hash === hashOf(offer),
    take(offer) {
      const hash = hashOf(offer);
      const read = readOffer(offer);
      const outcome = read.ok ? { hash } : { hash, error: read.reason };
      try {
        store.update({ lastOffer: outcome, ...(read.ok && { remoteConfig: read.text }) });
      } catch (thrown) {
        return { hash, error: `the config cannot be stored: ${describeThrown(thrown)}` };
      }
      if (read.ok) current = read.config;
      return outcome;
    },
  };
}

function hashOf({ configHash }: AgentRemoteConfig): string {
  return Buffer.from(configHash).toString("hex");
}
