import type { OpAMPError } from "@opamp/protocol";
import type { Route, SwitchOutcome } from "./connection-settings.ts";
import type { Transport } from "./transport/transport.ts";

/** A route that has to prove itself, and the promise of whoever waits for it. */
interface Trial {
  readonly route: Route;
  readonly outcome: PromiseWithResolvers<SwitchOutcome>;
}

/** The route in force, and beside it a candidate while it is on trial (C-114). */
export class ConnectionRoutes {
  #inForce: Route;
  #trial: Trial | undefined;

  constructor(inForce: Route) {
    this.#inForce = inForce;
  }

  /** The one that connects now. */
  get current(): Route {
    return this.#trial?.route ?? this.#inForce;
  }

  /** The last one that proved good, or that the client began with. */
  get inForce(): Route {
    return this.#inForce;
  }

  get isOnTrial(): boolean {
    return this.#trial !== undefined;
  }

  get transport(): Transport {
    return this.current.transport;
  }

  /** Takes a route without a trial. */
  replace(route: Route): void {
    this.#inForce = route;
  }

  /** Puts a candidate on trial, in place of an earlier one. */
  try(route: Route): Promise<SwitchOutcome> {
    this.#conclude({ kind: "superseded" });
    const outcome = Promise.withResolvers<SwitchOutcome>();
    this.#trial = { route, outcome };
    return outcome.promise;
  }

  /** The candidate has proved good and is in force (C-116). */
  prove(): void {
    this.#inForce = this.current;
    this.#conclude({ kind: "switched" });
  }

  /** The candidate is given up (C-118). */
  reject(error: OpAMPError): void {
    this.#conclude({ kind: "rolled-back", error });
  }

  stop(): void {
    this.#conclude({ kind: "stopped" });
  }

  #conclude(outcome: SwitchOutcome): void {
    const trial = this.#trial;
    this.#trial = undefined;
    trial?.outcome.resolve(outcome);
  }
}
