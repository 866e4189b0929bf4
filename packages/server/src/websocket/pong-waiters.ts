import type { Clock } from "@opamp/protocol";

type Settle = (isAlive: boolean) => void;

/** Who waits for a pong on which connection; of the many connections, few are asked for one. */
export class PongWaiters<C> {
  readonly #clock: Clock;
  readonly #waiting = new Map<C, Settle[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with true for a pong within the time, else with false. */
  wait(connection: C, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(() => this.settle(connection, false), timeoutMs);
      const waiting = this.#waiting.get(connection) ?? [];
      this.#waiting.set(connection, waiting);
      waiting.push((isAlive) => {
        timer.cancel();
        resolve(isAlive);
      });
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
