import type { Clock } from "@opamp/protocol";

type Settle = (isAlive: boolean) => void;

/** Who waits for a pong on which connection; of the many connections, few are asked for one. */
export class PongWaiters<C> {
  readonly #clock: Clock;
  readonly #waiting = new Map<C, Set<Settle>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with true for a pong within the time, else with false. */
  wait(connection: C, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(connection) ?? new Set<Settle>();
      this.#waiting.set(connection, waiting);
      const settle: Settle = (isAlive) => {
        timer.cancel();
        resolve(isAlive);
      };
      const timer = this.#clock.setTimer(() => {
        waiting.delete(settle);
        if (waiting.size === 0) this.#waiting.delete(connection);
        resolve(false);
      }, timeoutMs);
      waiting.add(settle);
    });
  }

  /** There was a pong, or the connection ended. */
  settle(connection: C, isAlive: boolean): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting.get(connection);
    this.#waiting.delete(connection);
    for (const settle of waiting ?? []) settle(isAlive);
  }
}
