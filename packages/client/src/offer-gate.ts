import {
  type AgentCapability,
  type AgentRemoteConfig,
  agentHasCapability,
  type PackagesAvailable,
  RemoteConfigStatuses,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { ReportedState } from "./reported-state.ts";

/** A remote config to be handed over. */
export interface NewRemoteConfig {
  readonly offer: AgentRemoteConfig;
  /** The agent could not take it: the same offer counts as new when it comes again. */
  forget(): void;
}

/** Lets offers through that the agent declared, and that it has not been handed before (C-64, C-105). */
export class OfferGate {
  readonly #state: ReportedState;
  readonly #capabilityBits: () => bigint;
  #handedConfigHash: Uint8Array | undefined;

  constructor(state: ReportedState, capabilityBits: () => bigint) {
    this.#state = state;
    this.#capabilityBits = capabilityBits;
  }

  declares(capability: AgentCapability): boolean {
    return agentHasCapability(this.#capabilityBits(), capability);
  }

  /** Whether the agent announced a custom capability, by the exact string (W-58). */
  announces(customCapability: string): boolean {
    const announced = this.#state.get("customCapabilities")?.capabilities;
    return announced?.includes(customCapability) === true;
  }

  remoteConfig(offer: AgentRemoteConfig | undefined): NewRemoteConfig | undefined {
    if (offer === undefined || !this.declares("AcceptsRemoteConfig")) return undefined;
    if (offer.configHash.length > 0 && this.#isKnown(offer.configHash)) return undefined;
    const hash = offer.configHash.slice();
    this.#handedConfigHash = hash;
    return {
      offer,
      forget: () => {
        if (this.#handedConfigHash === hash) this.#handedConfigHash = undefined;
      },
    };
  }

  packages(offer: PackagesAvailable | undefined): {
    readonly packagesAvailable?: PackagesAvailable;
  } {
    if (offer === undefined || !this.declares("AcceptsPackages")) return {};
    return { packagesAvailable: offer };
  }

  #isKnown(configHash: Uint8Array): boolean {
    if (this.#handedConfigHash !== undefined) {
      return equalBytes(configHash, this.#handedConfigHash);
    }
    const status = this.#state.get("remoteConfigStatus");
    if (status === undefined || status.status === RemoteConfigStatuses.UNSET) return false;
    return equalBytes(configHash, status.lastRemoteConfigHash);
  }
}
