import type { ConnectionSettingsPolicy } from "@opamp/client";
import { connectToTelemetry, type TelemetryConnection } from "@opamp/client/internal";
import {
  type Clock,
  type ConnectionSettingsOffers,
  describeThrown,
  encodeServerToAgent,
  type Logger,
  OpAMPError,
  type Random,
  type TelemetryConnectionSettings,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import { createDeliveryLog } from "./delivery-log.ts";
import type { OfferClass } from "./offer-class.ts";
import { Outlet } from "./outlet.ts";
import type { Signal } from "./signal.ts";
import type { TelemetrySdk } from "./telemetry-sdk.ts";

export interface SignalDestinationOptions {
  readonly signal: Signal;
  readonly policy: ConnectionSettingsPolicy;
  readonly sdk: TelemetrySdk;
  /** Hears of deliveries that fail. */
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** How long a former destination has for what was meant for it. */
const LEAVE_MS = 5000;

type Leave = (withinMs: number) => Promise<void>;

/** Where one signal goes: as the server offered last. */
export class SignalDestination {
  readonly #options: SignalDestinationOptions;
  readonly #leaving = new Set<Promise<void>>();
  #settings: TelemetryConnectionSettings | undefined;
  #leave: Leave | undefined;

  constructor(options: SignalDestinationOptions) {
    this.#options = options;
  }

  get capability(): OfferClass["capability"] {
    return this.#options.signal.offers.capability;
  }

  /**
   * Gets ready for an offer, and returns how to take it. An equal one changes nothing (C-109). Throws
   * `invalid-argument`, naming the field, for one that cannot be used.
   */
  prepare(offers: ConnectionSettingsOffers): () => void {
    const settings = offers[this.#options.signal.offers.member];
    if (settings === undefined || equalSettings(settings, this.#settings)) return () => {};
    const connection = this.#connect(settings);
    return () => {
      this.#settings = settings;
      this.#move(connection, LEAVE_MS);
    };
  }

  /** Resolves when nothing is under way any more, after `withinMs` at the latest. */
  async close(withinMs: number): Promise<void> {
    this.#move(undefined, withinMs);
    await Promise.all(this.#leaving);
  }

  #connect(settings: TelemetryConnectionSettings): TelemetryConnection | undefined {
    const { field } = this.#options.signal.offers;
    try {
      return connectToTelemetry(settings, this.#options);
    } catch (cause) {
      throw new OpAMPError("invalid-argument", `${field}: ${describeThrown(cause)}`, { cause });
    }
  }

  #move(connection: TelemetryConnection | undefined, withinMs: number): void {
    const leaving = this.#leave?.(withinMs);
    this.#leave = connection && this.#open(connection);
    if (leaving === undefined) return;
    this.#leaving.add(leaving);
    void leaving.then(() => this.#leaving.delete(leaving));
  }

  #open(connection: TelemetryConnection): Leave {
    const { signal, logger, clock, ...options } = this.#options;
    const log = createDeliveryLog(`${signal.offers.field} to ${connection.url.host}`, logger);
    const outlet = new Outlet({ ...options, connection, log, clock });
    const flush = signal.open(outlet);
    return async (withinMs) => {
      const { promise: deadline, resolve } = Promise.withResolvers<void>();
      const timer = clock.setTimer(resolve, withinMs);
      await Promise.race([flush(), deadline]);
      await outlet.close(deadline);
      timer.cancel();
    };
  }
}

/** On the wire: one that was merged may hold members that are undefined. */
function equalSettings(
  a: TelemetryConnectionSettings,
  b: TelemetryConnectionSettings | undefined,
): boolean {
  const bytes = (ownMetrics: TelemetryConnectionSettings): Uint8Array =>
    encodeServerToAgent({ connectionSettings: { ownMetrics } });
  return b !== undefined && equalBytes(bytes(a), bytes(b));
}
