import { OpAMPError } from "@opamp/protocol";

export interface SendQueueLimits {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
}

/** An item that waits to be sent, or is on its way. */
export interface QueuedItem<T> {
  readonly item: T;
  /** It is on its way: the next one becomes the head. */
  take(): void;
  /** It did not arrive: it waits again, before those that came after it, for the next occasion. */
  giveBack(): void;
  /** It arrived. */
  resolve(): void;
  reject(error: OpAMPError): void;
}

interface Entry<T> extends QueuedItem<T> {
  /** Grows from entry to entry. */
  readonly order: number;
  readonly bytes: number;
}

/**
 * Items that are sent once, first in, first out, within limits. An item leaves the queue when it
 * arrived, or with the error that its promise rejects with; never in silence (L-08, L-09).
 */
export class SendQueue<T> {
  /** Oldest first. */
  readonly #waiting: Entry<T>[] = [];
  readonly #underWay: Entry<T>[] = [];
  readonly #limits: SendQueueLimits;
  readonly #what: string;
  readonly #onAdded: () => void;
  #bytes = 0;
  #added = 0;
  #closed: OpAMPError | undefined;

  /** `what` names the items in errors; `onAdded` hears that there is one to send. */
  constructor(what: string, limits: SendQueueLimits, onAdded: () => void) {
    this.#what = what;
    this.#limits = limits;
    this.#onAdded = onAdded;
  }

  /** Adds an item. Resolves when it arrived; rejects with `queue-full` when there is no room. */
  add(item: T, bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(this.#aborted(signal));
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#isFull(bytes)) return Promise.reject(this.#full());
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (signal !== undefined) entry.reject(this.#aborted(signal));
      };
      const settle = (outcome: () => void): void => {
        signal?.removeEventListener("abort", onAbort);
        if (this.#remove(entry)) outcome();
      };
      const entry: Entry<T> = {
        item,
        bytes,
        order: this.#added,
        take: () => this.#take(entry),
        giveBack: () => this.#giveBack(entry),
        resolve: () => settle(resolve),
        reject: (error) => settle(() => reject(error)),
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#added += 1;
      this.#waiting.push(entry);
      this.#bytes += bytes;
      this.#onAdded();
    });
  }

  /** The item to send next. */
  get head(): QueuedItem<T> | undefined {
    return this.#waiting[0];
  }

  /** Gives up on the items that match. */
  rejectWhere(matches: (item: T) => boolean, error: (item: T) => OpAMPError): void {
    for (const entry of [...this.#underWay, ...this.#waiting]) {
      if (matches(entry.item)) entry.reject(error(entry.item));
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

  #take(entry: Entry<T>): void {
    if (removeFrom(this.#waiting, entry)) this.#underWay.push(entry);
  }

  #giveBack(entry: Entry<T>): void {
    if (!removeFrom(this.#underWay, entry)) return;
    const later = this.#waiting.findIndex(({ order }) => order > entry.order);
    this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, entry);
  }

  /** Returns whether the entry was there: it is settled once. */
  #remove(entry: Entry<T>): boolean {
    if (!removeFrom(this.#waiting, entry) && !removeFrom(this.#underWay, entry)) return false;
    this.#bytes -= entry.bytes;
    return true;
  }

  get #length(): number {
    return this.#waiting.length + this.#underWay.length;
  }

  #isFull(bytes: number): boolean {
    const { maxQueuedMessages, maxQueuedBytes } = this.#limits;
    return this.#length >= maxQueuedMessages || this.#bytes + bytes > maxQueuedBytes;
  }

  #full(): OpAMPError {
    const { maxQueuedMessages, maxQueuedBytes } = this.#limits;
    return new OpAMPError(
      "queue-full",
      `${this.#length} ${this.#what} (${this.#bytes} bytes) wait already; limits.maxQueuedMessages is ${maxQueuedMessages}, limits.maxQueuedBytes is ${maxQueuedBytes}`,
    );
  }

  #aborted(signal: AbortSignal): OpAMPError {
    return new OpAMPError("aborted", `one of the ${this.#what} was withdrawn before it was sent`, {
      cause: signal.reason,
    });
  }
}

/** Returns whether it was there. What is removed is mostly the first. */
function removeFrom<T>(entries: T[], entry: T): boolean {
  const index = entries.indexOf(entry);
  if (index === -1) return false;
  entries.splice(index, 1);
  return true;
}
