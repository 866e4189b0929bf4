import { describeThrown, type Logger } from "@opamp/protocol";
import type { Connection } from "../connection.ts";
import { callbackFailed } from "./diagnostics.ts";

/** Keeps what callbacks throw from going further, and sees to it that it shows (L-07). */
export class CallbackGuard<Name extends string> {
  readonly #logger: Logger;
  readonly #failures: Record<Name, number>;

  /** @param failures where they are counted, by the name of the callback. */
  constructor(logger: Logger, failures: Record<Name, number>) {
    this.#logger = logger;
    this.#failures = failures;
  }

  get failures(): Readonly<Record<Name, number>> {
    return this.#failures;
  }

  /** Calls the application to tell it something. Never rejects. */
  async notify(
    callback: Name,
    connection: Connection | undefined,
    call: () => void | Promise<void> | undefined,
  ): Promise<void> {
    try {
      await call();
    } catch (thrown) {
      this.failed(callback, thrown, connection);
    }
  }

  /** Logs, counts and publishes that a callback failed. */
  failed(callback: Name, error: unknown, connection?: Connection): void {
    const where = connection === undefined ? "" : ` on connection ${connection.id}`;
    this.#logger.error(`${callback} failed${where}: ${describeThrown(error)}`);
    this.#failures[callback] += 1;
    if (!callbackFailed.hasSubscribers) return;
    callbackFailed.publish({ callback, connectionId: connection?.id, error });
  }
}
