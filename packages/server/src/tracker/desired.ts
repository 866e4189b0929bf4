import type {
  AgentRemoteConfigInit,
  ConnectionSettingsOffersInit,
  PackagesAvailableInit,
} from "@opamp/protocol";

/** A config with the hash by which agent and server know it. */
export interface RemoteConfigOffer extends AgentRemoteConfigInit {
  readonly configHash: Uint8Array;
}

/** Packages with the hash of the whole set. */
export interface PackagesOffer extends PackagesAvailableInit {
  readonly allPackagesHash: Uint8Array;
}

/** Connection settings with the hash of the whole set. */
export interface ConnectionSettingsOffer extends ConnectionSettingsOffersInit {
  readonly hash: Uint8Array;
}

/**
 * What an agent should have. A member left out is left to the agent. Make each offer once and share
 * it among agents: see `createRemoteConfigOffer` and its like.
 */
export interface Desired {
  readonly remoteConfig?: RemoteConfigOffer | undefined;
  readonly packagesAvailable?: PackagesOffer | undefined;
  /** The whole set; an agent is offered the part of it that it takes. */
  readonly connectionSettings?: ConnectionSettingsOffer | undefined;
}
