import { describeThrown, type Logger, OpAMPError } from "@opamp/protocol";
import type { CallbackContext, Callbacks } from "./callbacks.ts";
import type { Lifetime } from "./lifetime.ts";

/**
 * The one way to call the user's code: what it throws or rejects with is reported, never passed on,
 * and nothing waits for it unless it asks to (L-07).
 */
export class CallbackGuard {
  readonly #callbacks: Callbacks;
  readonly #logger: Logger;
  readonly #lifetime: Lifetime;

  constructor(callbacks: Callbacks, logger: Logger, lifetime: Lifetime) {
    this.#callbacks = callbacks;
    this.#logger = logger;
    this.#lifetime = lifetime;
  }

  /** What every asynchronous callback is handed. */
  get #context(): CallbackContext {
    const lifetime = this.#lifetime;
    return {
      get signal() {
        return lifetime.signal;
      },
    };
  }

  has(name: keyof Callbacks): boolean {
    return this.#callbacks[name] !== undefined;
  }

  /** Calls a callback and goes on. A failure is reported and handed to `onFailure`. */
  notify(
    name: keyof Callbacks,
    call: (callbacks: Callbacks, context: CallbackContext) => unknown,
    onFailure?: (error: OpAMPError) => void,
  ): void {
    this.ask(name, async (callbacks, context) => call(callbacks, context)).catch(
      (error: OpAMPError) => {
        this.report(error);
        onFailure?.(error);
      },
    );
  }

  /** Calls a callback and waits for its result. Rejects with `callback-failed`. */
  async ask<T>(
    name: keyof Callbacks,
    call: (callbacks: Callbacks, context: CallbackContext) => Promise<T>,
  ): Promise<T> {
    try {
      return await call(this.#callbacks, this.#context);
    } catch (thrown) {
      throw new OpAMPError("callback-failed", `${name} failed: ${describeThrown(thrown)}`, {
        cause: thrown,
      });
    }
  }

  /** Tells `onError`. When that fails too, the log is all that is left. */
  report(error: OpAMPError): void {
    this.#logger.warn(`${error.name}: ${error.message}`);
    const tell = async (): Promise<void> => this.#callbacks.onError?.(error);
    tell().catch((thrown: unknown) => {
      this.#logger.error(`onError failed: ${describeThrown(thrown)}`);
    });
  }
}
