import { type Clock, OpAMPError } from "@opamp/protocol";
import type { Connection } from "./connection.ts";
import type {
  ConnectionSettings,
  Route,
  SwitchOutcome,
  WholeConnectionSettings,
} from "./connection-settings.ts";
import type { SwitchControl } from "./link.ts";
import type { RouteFactory } from "./route-factory.ts";

export interface ConnectionSwitchOptions {
  readonly connection: Connection;
  readonly createRoute: RouteFactory["change"];
  readonly clock: Clock;
  /** Resolves when all that is due has been said, or cannot be said. */
  readonly allSaid: () => Promise<void>;
  /** From the begin of a switch to the answer of the server on the new connection. */
  readonly switchMs: number;
}

/** Brings a connection to other settings, or back, within a time. */
export class ConnectionSwitch implements SwitchControl {
  readonly #options: ConnectionSwitchOptions;

  constructor(options: ConnectionSwitchOptions) {
    this.#options = options;
  }

  get present(): WholeConnectionSettings {
    return this.#options.connection.routeInForce.settings;
  }

  allSaid(): Promise<void> {
    return this.#options.allSaid();
  }

  /** Rejects with `invalid-argument` for settings that do not fit; then nothing has changed. */
  async to(change: ConnectionSettings, signal?: AbortSignal): Promise<SwitchOutcome> {
    const { connection } = this.#options;
    const route = this.#route(change);
    if (signal?.aborted) return { kind: "rolled-back", error: abortedBy(signal) };
    return this.#limited(connection.switchTo(route), signal);
  }

  /** Starts the connection with settings that an earlier run could not prove to the end (C-111). */
  async startWith(change: ConnectionSettings): Promise<SwitchOutcome> {
    const { connection } = this.#options;
    try {
      return await this.#limited(connection.startWith(this.#route(change)));
    } catch (thrown) {
      connection.start();
      const error = OpAMPError.from(thrown, "invalid-argument", "the settings cannot be used");
      return { kind: "rolled-back", error };
    }
  }

  /** Notes a change that is in force already. */
  remember(change: Pick<ConnectionSettings, "heartbeatIntervalMs">): void {
    const { connection } = this.#options;
    const { settings, transport } = connection.routeInForce;
    connection.amend({ settings: { ...settings, ...change }, transport });
  }

  #route(change: ConnectionSettings): Route {
    const { connection, createRoute } = this.#options;
    return createRoute(connection.routeInForce, change);
  }

  async #limited(outcome: Promise<SwitchOutcome>, signal?: AbortSignal): Promise<SwitchOutcome> {
    const { connection, clock, switchMs } = this.#options;
    const timer = clock.setTimer(() => connection.giveUp(unanswered(switchMs)), switchMs);
    const abort = (): void => connection.giveUp(abortedBy(signal));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await outcome;
    } finally {
      timer.cancel();
      signal?.removeEventListener("abort", abort);
    }
  }
}

function unanswered(switchMs: number): OpAMPError {
  return new OpAMPError(
    "timeout",
    `the server did not answer on the new connection within ${switchMs} ms`,
  );
}

function abortedBy(signal: AbortSignal | undefined): OpAMPError {
  return new OpAMPError("aborted", "the switch was aborted", { cause: signal?.reason });
}
