import { OpAMPError } from "@opamp/protocol";

export interface SendQueueLimits {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
}

interface Entry<T> {
  readonly item: T;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: OpAMPError) => void;
}

/**
 * Items that are sent once, first in, first out, within limits. An item leaves the queue when it
 * was written, or with the error that its promise rejects with; never in silence (L-08, L-09).
 */
export class SendQueue<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #limits: SendQueueLimits;
  readonly #what: string;
  readonly #onAdded: () => void;
  #bytes = 0;
  #closed: OpAMPError | undefined;

  /** `what` names the items in errors; `onAdded` hears that there is one to send. */
  constructor(what: string, limits: SendQueueLimits, onAdded: () => void) {
    this.#what = what;
    this.#limits = limits;
    this.#onAdded = onAdded;
  }

  /** Adds an item. Resolves when it was written; rejects with `queue-full` when there is no room. */
  add(item: T, bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(this.#aborted(signal));
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#isFull(bytes)) return Promise.reject(this.#full());
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (signal !== undefined) this.#settle(entry, () => reject(this.#aborted(signal)));
      };
      const release = (): void => signal?.removeEventListener("abort", onAbort);
      const entry: Entry<T> = {
        item,
        bytes,
        resolve: () => this.#settle(entry, resolve, release),
        reject: (error) => this.#settle(entry, () => reject(error), release),
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#entries.push(entry);
      this.#bytes += bytes;
      this.#onAdded();
    });
  }

  /** The item to send next; it stays in the queue until it is settled. */
  get head(): Pick<Entry<T>, "item" | "resolve" | "reject"> | undefined {
    return this.#entries[0];
  }

  /** Gives up on the items that match. */
  rejectWhere(matches: (item: T) => boolean, error: (item: T) => OpAMPError): void {
    for (const entry of this.#entries.filter(({ item }) => matches(item))) {
      entry.reject(error(entry.item));
    }
  }

  /** Gives up on everything, now and from now on. */
  close(error: OpAMPError): void {
    this.#closed = error;
    this.rejectWhere(
      () => true,
      () => error,
    );
  }

  #settle(entry: Entry<T>, settle: () => void, release?: () => void): void {
    release?.();
    const index = this.#entries.indexOf(entry);
    if (index === -1) return;
    this.#entries.splice(index, 1);
    this.#bytes -= entry.bytes;
    settle();
  }

  #isFull(bytes: number): boolean {
    const { maxQueuedMessages, maxQueuedBytes } = this.#limits;
    return this.#entries.length >= maxQueuedMessages || this.#bytes + bytes > maxQueuedBytes;
  }

  #full(): OpAMPError {
    const { maxQueuedMessages, maxQueuedBytes } = this.#limits;
    return new OpAMPError(
      "queue-full",
      `${this.#entries.length} ${this.#what} (${this.#bytes} bytes) wait already; limits.maxQueuedMessages is ${maxQueuedMessages}, limits.maxQueuedBytes is ${maxQueuedBytes}`,
    );
  }

  #aborted(signal: AbortSignal): OpAMPError {
    return new OpAMPError("aborted", `one of the ${this.#what} was withdrawn before it was sent`, {
      cause: signal.reason,
    });
  }
}
