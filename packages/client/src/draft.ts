import type { AgentToServerInit, OpAMPError, OpAMPErrorCode } from "@opamp/protocol";

/** An item that is sent once, and the promise of whoever waits for it. */
export interface OneShot {
  readonly field: AgentToServerInit;
  /** It is on its way: not the next one to send any more. */
  take(): void;
  /** It did not arrive: it waits again, in its old place. */
  giveBack(): void;
  resolve(): void;
  reject(error: OpAMPError): void;
}

export interface DraftOutcomes {
  /** The server may have seen the message: its number is used up. */
  onProcessed(): void;
  /** The server will not take the message, now or later. */
  onRefused(): void;
  /**
   * The server will not take so much at once: the largest part is given up, the rest is due again.
   * Returns whether there was a part to give up.
   */
  onTooLarge(): boolean;
  /** The content is due again. */
  onUndelivered(): void;
}

/** After these the server has not processed the message, so its number is free again (C-41). */
const unprocessed: ReadonlySet<OpAMPErrorCode> = new Set([
  "callback-failed",
  "connect-failed",
  "proxy-failed",
  "redirect-refused",
  "throttled",
  "tls-failed",
  "unauthorized",
]);

/** After these the same content would fail again (C-21, C-217, C-218). */
const refused: ReadonlySet<OpAMPErrorCode> = new Set(["bad-request", "server-error"]);

/** Whether the server turned a message down for its size; an answer that is too large is not that. */
export function isTooLargeForServer({ code, status }: OpAMPError): boolean {
  return code === "message-too-large" && status === 413;
}

/** One message on its way: it is `written` or has `failed`, and what was written is `received` or `lost`. */
export class Draft {
  readonly bytes: Uint8Array;
  readonly #oneShots: readonly OneShot[];
  readonly #outcomes: DraftOutcomes;
  #serverError: OpAMPError | undefined;

  constructor(bytes: Uint8Array, oneShots: readonly OneShot[], outcomes: DraftOutcomes) {
    this.bytes = bytes;
    this.#oneShots = oneShots;
    this.#outcomes = outcomes;
  }

  /** The answer to this message is an error, or may be: it counts once its outcome is known. */
  answeredWith(error: OpAMPError): void {
    this.#serverError = error;
  }

  /** The message was written to the peer. */
  written(): void {
    const error = this.#serverError;
    if (error !== undefined) return this.failed(error);
    this.#outcomes.onProcessed();
  }

  /** Whether somebody waits to hear that the peer has the message. */
  get wantsReceipt(): boolean {
    return this.#oneShots.length > 0 && this.#serverError === undefined;
  }

  /** The peer has the message; what it has no room for has to go again. */
  received(): void {
    if (this.#serverError !== undefined) return this.lost();
    for (const oneShot of this.#oneShots) oneShot.resolve();
  }

  /** Nobody knows whether the peer has the message: rather twice than never (L-08). */
  lost(): void {
    for (const oneShot of this.#oneShots) oneShot.giveBack();
  }

  /** The message was not written, or was turned down. */
  failed(error: OpAMPError): void {
    if (isTooLargeForServer(error)) {
      if (this.#outcomes.onTooLarge()) return this.lost();
    } else {
      if (!unprocessed.has(error.code)) this.#outcomes.onProcessed();
      if (!refused.has(error.code)) {
        this.#outcomes.onUndelivered();
        return this.lost();
      }
      this.#outcomes.onRefused();
    }
    for (const oneShot of this.#oneShots) oneShot.reject(error);
  }
}
