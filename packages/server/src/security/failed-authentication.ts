import { type Clock, systemClock } from "@opamp/protocol";
import { numbersWithDefaults } from "@opamp/protocol/internal";
import type { ConnectDecision, ConnectRequest } from "../connect-request.ts";
import { addressGroup } from "./address-group.ts";
import type { ConnectCheck } from "./connect-check.ts";

/** Every member is optional. */
export interface FailedAuthenticationOptions {
  /** How many failures an address may have within a window. @default 20 */
  readonly maxPerAddress?: number;
  /** From the first failure on, in milliseconds. @default 60000 */
  readonly windowMs?: number;
  /** How many addresses are kept; for one more, the oldest window is forgotten. @default 10000 */
  readonly maxAddresses?: number;
  /**
   * Whose failures count together. Behind a proxy, the address that it vouches for. Undefined counts
   * nothing. @default the remote address; of IPv6, the /64 network
   */
  readonly addressOf?: (request: ConnectRequest) => string | undefined;
  /** @default the system's */
  readonly clock?: Clock;
}

const defaults = { maxPerAddress: 20, windowMs: 60_000, maxAddresses: 10_000 } as const;

/**
 * Turns an address away with 429 and Retry-After that was refused with 401 or 403 too often: for
 * whoever guesses, and for whoever would have costly checks run. Throws `invalid-argument` for
 * options that make no sense.
 */
export function limitFailedAuthentication(
  check: ConnectCheck,
  options: FailedAuthenticationOptions = {},
): ConnectCheck {
  const { addressOf = remoteGroup, clock = systemClock, ...given } = options;
  const numbers = numbersWithDefaults("limitFailedAuthentication", { defaults, atLeast: 1 }, given);
  const failures = new FailureTable(numbers, clock);
  return async (request) => {
    const address = addressOf(request);
    if (address === undefined) return check(request);
    const waitMs = failures.waitMs(address);
    if (waitMs > 0) return comeBackLater(waitMs);
    const decision = await check(request);
    if (!decision.accept && (decision.status === 401 || decision.status === 403)) {
      failures.add(address);
    }
    return decision;
  };
}

function remoteGroup({ remoteAddress }: ConnectRequest): string | undefined {
  return remoteAddress === undefined ? undefined : addressGroup(remoteAddress);
}

function comeBackLater(waitMs: number): ConnectDecision {
  return {
    accept: false,
    status: 429,
    headers: { "retry-after": String(Math.ceil(waitMs / 1000)) },
    body: "too many failed attempts from this address",
  };
}

interface Failures {
  count: number;
  readonly untilMs: number;
}

/** The addresses with failures, the oldest window first. */
class FailureTable {
  readonly #limits: Readonly<Record<keyof typeof defaults, number>>;
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(limits: Readonly<Record<keyof typeof defaults, number>>, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** How long an address has to stay away; 0 when it may try. */
  waitMs(address: string): number {
    const failures = this.#current(address);
    if (failures === undefined || failures.count < this.#limits.maxPerAddress) return 0;
    return failures.untilMs - this.#clock.now();
  }

  add(address: string): void {
    const failures = this.#current(address);
    if (failures !== undefined) {
      failures.count += 1;
      return;
    }
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined && this.#failures.size >= this.#limits.maxAddresses) {
      this.#failures.delete(oldest);
    }
    this.#failures.set(address, { count: 1, untilMs: this.#clock.now() + this.#limits.windowMs });
  }

  #current(address: string): Failures | undefined {
    const failures = this.#failures.get(address);
    if (failures === undefined) return undefined;
    const leftMs = failures.untilMs - this.#clock.now();
    // More than a window is left when the clock was set back.
    if (leftMs > 0 && leftMs <= this.#limits.windowMs) return failures;
    this.#failures.delete(address);
    return undefined;
  }
}
