import {
  type AgentCapability,
  type ConnectionSettingsOffers,
  ConnectionSettingsStatuses,
  type OpAMPError,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { CallbackGuard } from "./callback-guard.ts";
import type { OfferGate } from "./offer-gate.ts";
import type { ReportedState } from "./reported-state.ts";

export interface ConnectionSettingsOfferedParts {
  readonly state: ReportedState;
  readonly offers: OfferGate;
  readonly guard: CallbackGuard;
  /** The heartbeat interval of an offer for the OpAMP connection (C-75, C-78). */
  readonly onHeartbeatInterval: (seconds: bigint) => void;
  /** A status part has changed. */
  readonly onStatus: () => void;
}

type OtherClass = Exclude<keyof ConnectionSettingsOffers, "hash" | "opamp" | `$${string}`>;

const capabilityOfClass: Readonly<Record<OtherClass, AgentCapability>> = {
  ownMetrics: "ReportsOwnMetrics",
  ownTraces: "ReportsOwnTraces",
  ownLogs: "ReportsOwnLogs",
  otherConnections: "AcceptsOtherConnectionSettings",
};

/** Hands offered connection settings to the agent, once, and reports where they stand. */
export class ConnectionSettingsOffered {
  readonly #parts: ConnectionSettingsOfferedParts;
  #lastHash: Uint8Array | undefined;

  constructor(parts: ConnectionSettingsOfferedParts) {
    this.#parts = parts;
    this.#lastHash = parts.state.get("connectionSettingsStatus")?.lastConnectionSettingsHash;
  }

  offer(offers: ConnectionSettingsOffers): void {
    // Also when the offer is known: an earlier run may have applied it, and knew the interval.
    if (offers.opamp !== undefined) {
      this.#parts.onHeartbeatInterval(offers.opamp.heartbeatIntervalSeconds);
    }
    if (offers.hash.length > 0 && equalBytes(offers.hash, this.#lastHash)) return;
    this.#lastHash = offers.hash.slice();
    const opamp = this.#parts.offers.declares("AcceptsOpAMPConnectionSettings")
      ? offers.opamp
      : undefined;
    const others = this.#declared(offers);
    if (opamp === undefined && others === undefined) return this.#conclude(offers);
    this.#report(ConnectionSettingsStatuses.APPLYING, "");
    const { guard } = this.#parts;
    const hash = this.#lastHash;
    const failed = (error: OpAMPError): void => {
      if (hash === this.#lastHash) this.#report(ConnectionSettingsStatuses.FAILED, error.message);
    };
    if (opamp !== undefined && this.#hasCallback("onOpampConnectionSettings")) {
      const name = "onOpampConnectionSettings";
      guard.notify(name, (callbacks, context) => callbacks[name]?.(opamp, context), failed);
    }
    if (others !== undefined && this.#hasCallback("onConnectionSettings")) {
      const name = "onConnectionSettings";
      guard.notify(name, (callbacks, context) => callbacks[name]?.(others, context), failed);
    }
  }

  /** The offers beside the OpAMP connection, without those that the agent did not declare. */
  #declared(offers: ConnectionSettingsOffers): ConnectionSettingsOffers | undefined {
    const undeclared: Partial<Record<OtherClass, undefined>> = {};
    let any = false;
    for (const [name, capability] of classes) {
      if (!isOffered(offers, name)) continue;
      if (this.#parts.offers.declares(capability)) any = true;
      else undeclared[name] = undefined;
    }
    if (!any) return undefined;
    const otherConnections = "otherConnections" in undeclared ? {} : offers.otherConnections;
    return { ...offers, ...undeclared, opamp: undefined, otherConnections };
  }

  #hasCallback(name: "onOpampConnectionSettings" | "onConnectionSettings"): boolean {
    if (this.#parts.guard.has(name)) return true;
    this.#report(ConnectionSettingsStatuses.FAILED, `the agent has no ${name}`);
    return false;
  }

  /** Nothing the agent declared was offered; where nothing at all was, nothing is left to do (L-14). */
  #conclude(offers: ConnectionSettingsOffers): void {
    const any = offers.opamp !== undefined || classes.some(([name]) => isOffered(offers, name));
    if (any) this.#report(ConnectionSettingsStatuses.FAILED, "the agent accepts none of these");
    else this.#report(ConnectionSettingsStatuses.APPLIED, "");
  }

  #report(status: number, errorMessage: string): void {
    const { state, offers, onStatus } = this.#parts;
    const lastConnectionSettingsHash = this.#lastHash;
    if (lastConnectionSettingsHash === undefined || lastConnectionSettingsHash.length === 0) return;
    if (!offers.declares("ReportsConnectionSettingsStatus")) return;
    state.set("connectionSettingsStatus", { lastConnectionSettingsHash, status, errorMessage });
    onStatus();
  }
}

const classes = Object.entries(capabilityOfClass) as [OtherClass, AgentCapability][];

/** An empty map of other connections offers nothing (C-140). */
function isOffered(offers: ConnectionSettingsOffers, name: OtherClass): boolean {
  if (name !== "otherConnections") return offers[name] !== undefined;
  return Object.keys(offers.otherConnections).length > 0;
}
