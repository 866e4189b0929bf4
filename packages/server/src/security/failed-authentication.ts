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

/** Nobody waits longer for a check: the server has refused its agent meanwhile (`connectingMs`). */
const MAX_CHECK_MS = 30_000;

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
    const attempt = await table.begin(address);
    const { attempts } = attempt;
    if (attempts.failed >= numbers.maxPerAddress) return comeBackLater(table.waitMs(attempts));
    let hasFailed = false;
    try {
      const decision = await check(request);
      hasFailed = !decision.accept && (decision.status === 401 || decision.status === 403);
      return decision;
    } finally {
      table.end(attempt, hasFailed);
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
  /** Asked about now, in the order in which they began: each might yet fail. */
  readonly open: Set<Attempt>;
  untilMs: number;
  /** More than may be open, in the order in which they came. */
  readonly waiting: (() => void)[];
}

interface Attempt {
  readonly address: string;
  readonly attempts: Attempts;
  readonly startedMs: number;
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
  async begin(address: string): Promise<Attempt> {
    for (;;) {
      const attempts = this.#current(address) ?? this.#start(address);
      const attempt = { address, attempts, startedMs: this.#clock.now() };
      if (attempts.failed >= this.#limits.maxPerAddress) return attempt;
      if (this.#free(attempts) > 0) {
        attempts.open.add(attempt);
        return attempt;
      }
      await new Promise<void>((resolve) => attempts.waiting.push(resolve));
    }
  }

  end(attempt: Attempt, hasFailed: boolean): void {
    const { address, attempts } = attempt;
    attempts.open.delete(attempt);
    if (hasFailed) this.#countFailure(address);
    // Behind the last one that is open, nobody else would wake those that wait.
    const wakesAll = attempts.failed >= this.#limits.maxPerAddress || attempts.open.size === 0;
    const wakeCount = wakesAll ? attempts.waiting.length : this.#free(attempts);
    for (const wake of attempts.waiting.splice(0, wakeCount)) wake();
    const isOver = attempts.failed === 0 && attempts.open.size === 0;
    if (isOver && this.#attempts.get(address) === attempts) this.#attempts.delete(address);
  }

  /** A check that took long may have begun in a window that is over. */
  #countFailure(address: string): void {
    const attempts = this.#current(address) ?? this.#start(address);
    if (attempts.failed === 0) attempts.untilMs = this.#endOfWindow();
    attempts.failed += 1;
  }

  /** How long an address has to stay away. */
  waitMs({ untilMs }: Attempts): number {
    return untilMs - this.#clock.now();
  }

  /** How many more may be open, besides checks that take too long: they may never end. */
  #free({ failed, open }: Attempts): number {
    const endedMs = this.#clock.now() - MAX_CHECK_MS;
    for (const attempt of open) {
      if (attempt.startedMs > endedMs) break;
      open.delete(attempt);
    }
    return this.#limits.maxPerAddress - failed - open.size;
  }

  #endOfWindow(): number {
    return this.#clock.now() + this.#limits.windowMs;
  }

  #start(address: string): Attempts {
    const [oldest] = this.#attempts.keys();
    if (oldest !== undefined && this.#attempts.size >= this.#limits.maxAddresses) {
      this.#attempts.delete(oldest);
    }
    const attempts = {
      failed: 0,
      open: new Set<Attempt>(),
      untilMs: this.#endOfWindow(),
      waiting: [],
    };
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
