import type { Server, Socket } from "node:net";
import type { Clock, Logger } from "@opamp/protocol";
import { assertKnownMembers, assertNumberSetting } from "@opamp/protocol/internal";
import type { RateLimit } from "../overload/overload-settings.ts";
import { keepsPace, type Paced, type Rate } from "../overload/rate.ts";
import { rateFrom } from "../overload/resolve-overload.ts";
import { addressGroup } from "../security/address-group.ts";
import { interceptConnections } from "./intercept-connections.ts";

/** What one address may open, or one /64 network of IPv6. Agents behind one gateway share an address. */
export interface AddressLimits {
  /** Connections at a time; one more is cut. @default no limit */
  readonly maxConnections?: number;
  /** New connections; one more is cut. @default no limit */
  readonly connections?: RateLimit;
}

export interface GuardOptions {
  readonly limits: AddressLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** So that a flood does not fill the log as well. */
const LOG_INTERVAL_MS = 10_000;
/** So many known addresses are looked at whenever a new one comes: more go than come. */
const SWEPT = 2;

interface Visitor extends Paced {
  open: number;
}

/**
 * Cuts the connections of addresses that open too many, before anybody else hears of them, TLS and
 * HTTP included. Throws `invalid-argument` for a limit that makes no sense.
 */
export function guardAddresses(server: Server, options: GuardOptions): void {
  const guard = new AddressGuard(options);
  interceptConnections(server, (socket, passOn) => {
    if (guard.admits(socket)) passOn(socket);
    else socket.destroy();
  });
}

class AddressGuard {
  readonly #options: GuardOptions;
  readonly #maxConnections: number;
  readonly #rate: Rate | undefined;
  readonly #visitors = new Map<string, Visitor>();
  #cut = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: GuardOptions) {
    const { maxConnections = Number.POSITIVE_INFINITY, connections } = options.limits;
    const group = "options.perAddress";
    assertKnownMembers(group, options.limits, { maxConnections: true, connections: true });
    if (Number.isFinite(maxConnections)) {
      assertNumberSetting(`${group}.maxConnections`, maxConnections, 1);
    }
    this.#options = options;
    this.#maxConnections = maxConnections;
    this.#rate = rateFrom(`${group}.connections`, connections);
  }

  admits(socket: Socket): boolean {
    // It is gone already.
    if (socket.remoteAddress === undefined) return false;
    const address = addressGroup(socket.remoteAddress);
    const nowMs = this.#options.clock.now();
    const visitor = this.#visitors.get(address) ?? this.#welcome(address, nowMs);
    if (!this.#isWelcome(visitor, nowMs)) {
      this.#tell(address, nowMs);
      return false;
    }
    visitor.open += 1;
    socket.once("close", () => {
      visitor.open -= 1;
    });
    return true;
  }

  #isWelcome(visitor: Visitor, nowMs: number): boolean {
    if (visitor.open >= this.#maxConnections) return false;
    return this.#rate === undefined || keepsPace(visitor, this.#rate, nowMs);
  }

  #welcome(address: string, nowMs: number): Visitor {
    let left = SWEPT;
    for (const [known, visitor] of this.#visitors) {
      if (left === 0) break;
      left -= 1;
      this.#visitors.delete(known);
      if (visitor.open > 0 || visitor.paceMs > nowMs) this.#visitors.set(known, visitor);
    }
    const visitor: Visitor = { open: 0, paceMs: 0 };
    this.#visitors.set(address, visitor);
    return visitor;
  }

  #tell(address: string, nowMs: number): void {
    this.#cut += 1;
    if (Math.abs(nowMs - this.#loggedAtMs) < LOG_INTERVAL_MS) return;
    this.#loggedAtMs = nowMs;
    const count = this.#cut;
    this.#cut = 0;
    this.#options.logger.warn(`connections are cut: ${address} opens too many (${count} in all)`);
  }
}
