import type { Clock } from "@opamp/protocol";
import { createDeadlines, type Deadlines } from "../deadlines.ts";

/** How long the application may take to decide about agents; one timer for all of them. */
export class DecisionLimit {
  readonly #deadlines: Deadlines<() => void>;

  /** @param limitMs 0 sets no limit */
  constructor(clock: Clock, limitMs: number) {
    this.#deadlines = createDeadlines({ clock, delayMs: limitMs, expire: (give) => give() });
  }

  /** What a promise settles with, or something else when it takes too long. */
  async within<T>(promise: Promise<T>, instead: () => T): Promise<T> {
    const expired = Promise.withResolvers<T>();
    const expire = (): void => expired.resolve(instead());
    this.#deadlines.start(expire);
    try {
      return await Promise.race([promise, expired.promise]);
    } finally {
      this.#deadlines.stop(expire);
    }
  }

  /** Frees the timer. */
  clear(): void {
    this.#deadlines.clear();
  }
}
