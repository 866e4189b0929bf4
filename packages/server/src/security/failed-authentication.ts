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
 * whoever guesses, and for whoever would have costly checks run. What is still being checked counts
 * as refused: more wait until it is decided. Throws `invalid-argument` for options that make no sense.
 */
export function limitFailedAuthentication(
  check: ConnectCheck,
  options: FailedAuthenticationOptions = {},
): ConnectCheck {
  const { addressOf = remoteGroup, clock = systemClock, ...given } = options;
  const numbers = numbersWithDefaults("limitFailedAuthentication", { defaults, atLeast: 1 }, given);
  const table = new AttemptTable(numbers, clock);
  return async (request) => {
    const address = addressOf(request);
    if (address === undefined) return check(request);
    const attempts = await table.begin(address);
    if (attempts.failed >= numbers.maxPerAddress) return comeBackLater(table.waitMs(attempts));
    let hasFailed = false;
    try {
      const decision = await check(request);
      hasFailed = !decision.accept && (decision.status === 401 || decision.status === 403);
      return decision;
    } finally {
      table.end(address, attempts, hasFailed);
    }
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

/** What one address has tried within a window. */
interface Attempts {
  failed: number;
  /** Asked about now: each might yet fail. */
  open: number;
  untilMs: number;
  /** More than may be open, in the order in which they came. */
  readonly waiting: (() => void)[];
}

/** The addresses that failed or are being asked about, the oldest window first. */
class AttemptTable {
  readonly #limits: Readonly<Record<keyof typeof defaults, number>>;
  readonly #clock: Clock;
  readonly #attempts = new Map<string, Attempts>();

  constructor(limits: Readonly<Record<keyof typeof defaults, number>>, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Resolves when an address may try, or has failed too often. Until then it waits for those of its
   * attempts that are open: all that are asked about at once might be guesses.
   */
  async begin(address: string): Promise<Attempts> {
    for (;;) {
      const attempts = this.#current(address) ?? this.#start(address);
      if (attempts.failed >= this.#limits.maxPerAddress) return attempts;
      if (this.#free(attempts) > 0) {
        attempts.open += 1;
        return attempts;
      }
      await new Promise<void>((resolve) => attempts.waiting.push(resolve));
    }
  }

  end(address: string, attempts: Attempts, hasFailed: boolean): void {
    attempts.open -= 1;
    if (hasFailed) {
      if (attempts.failed === 0) attempts.untilMs = this.#endOfWindow();
      attempts.failed += 1;
    }
    // Behind the last one that is open, nobody else would wake those that wait.
    const wakesAll = attempts.failed >= this.#limits.maxPerAddress || attempts.open === 0;
    const wakeCount = wakesAll ? attempts.waiting.length : this.#free(attempts);
    for (const wake of attempts.waiting.splice(0, wakeCount)) wake();
    const isOver = attempts.failed === 0 && attempts.open === 0;
    if (isOver && this.#attempts.get(address) === attempts) this.#attempts.delete(address);
  }

  /** How long an address has to stay away. */
  waitMs({ untilMs }: Attempts): number {
    return untilMs - this.#clock.now();
  }

  /** How many more may be open. */
  #free({ failed, open }: Attempts): number {
    return this.#limits.maxPerAddress - failed - open;
  }

  #endOfWindow(): number {
    return this.#clock.now() + this.#limits.windowMs;
  }

  #start(address: string): Attempts {
    const [oldest] = this.#attempts.keys();
    if (oldest !== undefined && this.#attempts.size >= this.#limits.maxAddresses) {
      this.#attempts.delete(oldest);
    }
    const attempts = { failed: 0, open: 0, untilMs: this.#endOfWindow(), waiting: [] };
    this.#attempts.set(address, attempts);
    return attempts;
  }

  #current(address: string): Attempts | undefined {
    const attempts = this.#attempts.get(address);
    if (attempts === undefined) return undefined;
    const leftMs = this.waitMs(attempts);
    // More than a window is left when the clock was set back.
    if (leftMs > 0 && leftMs <= this.#limits.windowMs) return attempts;
    this.#attempts.delete(address);
    return undefined;
  }
}
