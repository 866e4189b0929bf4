import {
  type ConnectionSettingsOffers,
  ConnectionSettingsStatuses,
  describeThrown,
  type OpAMPConnectionSettings,
  OpAMPError,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { CallbackGuard } from "./callback-guard.ts";
import type { OfferedConnectionSettings, SwitchOutcome } from "./connection-settings.ts";
import type { OfferGate } from "./offer-gate.ts";
import type { AcceptedOffers } from "./offered/accepted-offers.ts";
import { checkOthers } from "./offered/check-others.ts";
import { declaredOthers, isOnlyInterval, offersAnything } from "./offered/declared-offers.ts";
import type { OfferedSwitch, OfferResult } from "./offered/offered-switch.ts";
import { offersFromInit } from "./offered/offers-from-init.ts";
import type { ConnectionSettingsPolicy } from "./offered/policy.ts";
import type { ReportedState } from "./reported-state.ts";

export interface ConnectionSettingsOfferedParts {
  readonly state: ReportedState;
  readonly offers: OfferGate;
  readonly guard: CallbackGuard;
  readonly policy: ConnectionSettingsPolicy;
  readonly accepted: AcceptedOffers;
  /** Brings the client to offered settings, where the agent leaves that to the client. */
  readonly ownSwitch: OfferedSwitch;
  /** The heartbeat interval of an offer for the OpAMP connection (C-75, C-78). */
  readonly onHeartbeatInterval: (seconds: bigint) => void;
  /** A status part has changed. */
  readonly onStatus: () => void;
}

/** An offer that the client itself takes. */
interface OwnOffer {
  readonly hash: Uint8Array;
  /** Undefined when nothing but the interval changes, which it has already. */
  readonly opamp: OpAMPConnectionSettings | undefined;
  readonly others: ConnectionSettingsOffers | undefined;
}

const { APPLIED, APPLYING, FAILED } = ConnectionSettingsStatuses;

/** Takes offered connection settings or hands them to the agent, once, and reports where they stand. */
export class ConnectionSettingsOffered {
  readonly #parts: ConnectionSettingsOfferedParts;
  #lastHash: Uint8Array | undefined;
  /** Takes back that the last offer counts as accepted. */
  #undoLast: () => void = () => {};

  constructor(parts: ConnectionSettingsOfferedParts) {
    this.#parts = parts;
    this.#lastHash = parts.state.get("connectionSettingsStatus")?.lastConnectionSettingsHash;
  }

  offer(offers: ConnectionSettingsOffers): void {
    const own = this.#ownOffer(offers.opamp);
    // Also when the offer is known: an earlier run may have applied it, and knew the interval.
    if (offers.opamp !== undefined && own === undefined) {
      this.#parts.onHeartbeatInterval(offers.opamp.heartbeatIntervalSeconds);
    }
    if (offers.hash.length > 0 && equalBytes(offers.hash, this.#lastHash)) return;
    if (offers.hash.length === 0 && own !== undefined) return this.#parts.guard.report(noHash());
    this.#lastHash = offers.hash.slice();
    const others = declaredOthers(offers, (capability) => this.#parts.offers.declares(capability));
    const problem = this.#problemOf(offers, others);
    if (problem !== undefined) return this.#report(FAILED, problem);
    if (own !== undefined || this.#isIntervalToKeep(offers)) {
      return this.#take({ hash: this.#lastHash, opamp: own, others });
    }
    this.#handOver(this.#lastHash, offers, others);
  }

  /** Goes on with what an earlier run could not bring to its end (C-111, L-14). */
  resume(candidate: OfferedConnectionSettings, outcome: Promise<SwitchOutcome>): void {
    const { offers, ownSwitch } = this.#parts;
    const hash = candidate.hash.slice();
    const all = candidate.others && offersFromInit(candidate.others);
    const others = all && declaredOthers(all, (capability) => offers.declares(capability));
    this.#lastHash = hash;
    this.#report(APPLYING, "");
    this.#conclude(hash, others, ownSwitch.resume({ ...candidate, hash }, outcome));
  }

  /** The agent has spoken of an offer: later ones change nothing that has failed. */
  reported(): void {
    const said = this.#parts.state.get("connectionSettingsStatus");
    if (said?.status !== FAILED) return;
    if (equalBytes(said.lastConnectionSettingsHash, this.#lastHash)) this.#undoLast();
  }

  /** The block that the client itself takes: the agent declared it, and has no callback for it. */
  #ownOffer(opamp: OpAMPConnectionSettings | undefined): OpAMPConnectionSettings | undefined {
    return this.#takesOpamp && !isOnlyInterval(opamp) ? opamp : undefined;
  }

  /** One without a hash holds for this connection only, for it would not be known again. */
  #isIntervalToKeep({ hash, opamp }: ConnectionSettingsOffers): boolean {
    return hash.length > 0 && isOnlyInterval(opamp) && this.#takesOpamp;
  }

  get #takesOpamp(): boolean {
    const { offers, guard } = this.#parts;
    if (guard.has("onOpampConnectionSettings")) return false;
    return offers.declares("AcceptsOpAMPConnectionSettings");
  }

  /** Why nothing of an offer can be taken, by name (C-108, C-128, L-01). */
  #problemOf(
    offers: ConnectionSettingsOffers,
    others: ConnectionSettingsOffers | undefined,
  ): string | undefined {
    const { policy, guard } = this.#parts;
    const takesOpamp =
      offers.opamp !== undefined && this.#parts.offers.declares("AcceptsOpAMPConnectionSettings");
    if (others === undefined && !takesOpamp && offersAnything(offers)) {
      return "the agent accepts none of these";
    }
    if (others === undefined) return undefined;
    if (!guard.has("onConnectionSettings")) return "the agent has no onConnectionSettings";
    try {
      checkOthers(others, policy);
      return undefined;
    } catch (thrown) {
      return describeThrown(thrown);
    }
  }

  /** The client switches by itself; the server hears of it when the next run would go on (C-111). */
  #take({ hash, opamp, others }: OwnOffer): void {
    const { ownSwitch, accepted } = this.#parts;
    const merged = others && accepted.merged(others);
    const isNewest = (): boolean => hash === this.#lastHash;
    const onStored = (): void => this.#report(APPLYING, "");
    const result =
      opamp === undefined
        ? ownSwitch.keep({ hash, ...(merged && { others: merged }) })
        : ownSwitch.take({ hash, offer: opamp, others: merged, isNewest, onStored });
    this.#conclude(hash, others, result);
  }

  /** Hands over what was offered beside the OpAMP connection, once that is as offered. */
  #conclude(
    hash: Uint8Array,
    others: ConnectionSettingsOffers | undefined,
    own: Promise<OfferResult>,
  ): void {
    const finish = (result: OfferResult): void => this.#finish(hash, result);
    void own.then((result) => {
      if (result.kind !== "applied" || others === undefined) return finish(result);
      return this.#hand(others).then(
        () => finish(result),
        (error: OpAMPError) => finish({ kind: "failed", error }),
      );
    });
  }

  /** The agent takes the offer, and says itself when it is applied. */
  #handOver(
    hash: Uint8Array,
    { opamp }: ConnectionSettingsOffers,
    others: ConnectionSettingsOffers | undefined,
  ): void {
    const { guard } = this.#parts;
    const name = "onOpampConnectionSettings";
    const isForAgent =
      guard.has(name) && this.#parts.offers.declares("AcceptsOpAMPConnectionSettings");
    // Where nothing is left to do, it is done (L-14).
    if (others === undefined && !(isForAgent && opamp)) return this.#report(APPLIED, "");
    this.#report(APPLYING, "");
    const failed = (error: OpAMPError): void => this.#finish(hash, { kind: "failed", error });
    if (opamp !== undefined && isForAgent) {
      guard.notify(name, (callbacks, context) => callbacks[name]?.(opamp, context), failed);
    }
    if (others !== undefined) this.#hand(others).catch(failed);
  }

  /** Resolves when the agent has taken the offers beside the OpAMP connection. */
  async #hand(others: ConnectionSettingsOffers): Promise<void> {
    const { guard, accepted } = this.#parts;
    const name = "onConnectionSettings";
    const merged = accepted.merged(others);
    const undo = accepted.accept(merged);
    this.#undoLast = undo;
    try {
      await guard.ask(name, async (callbacks, context) => callbacks[name]?.(merged, context));
    } catch (thrown) {
      undo();
      const error = OpAMPError.from(thrown, "callback-failed", name);
      guard.report(error);
      throw error;
    }
  }

  /** A later offer or the next run has the last word where a result is still open. */
  #finish(hash: Uint8Array, result: OfferResult): void {
    if (hash !== this.#lastHash || result.kind === "open") return;
    if (result.kind === "applied") this.#report(APPLIED, "");
    else this.#report(FAILED, result.error.message);
  }

  #report(status: number, errorMessage: string): void {
    const { state, offers, onStatus } = this.#parts;
    const lastConnectionSettingsHash = this.#lastHash;
    if (lastConnectionSettingsHash === undefined || lastConnectionSettingsHash.length === 0) return;
    if (!offers.declares("ReportsConnectionSettingsStatus")) return;
    const said = { lastConnectionSettingsHash, status, errorMessage };
    if (state.set("connectionSettingsStatus", said)) onStatus();
  }
}

/** The client cannot tell such an offer from its repetition, and would switch for ever. */
function noHash(): OpAMPError {
  return new OpAMPError(
    "malformed-message",
    "the server offered settings of the OpAMP connection without a hash; ignored",
  );
}
