/** Who takes what arrives, one thing after the other. */
export interface InboxOwner<T> {
  /** Takes one item. Must not reject. */
  take(item: T): Promise<void>;
  /** An item was taken: there may be room again. */
  taken(): void;
}

/** What waits for the application on one connection, in order of arrival, never two at a time. */
export class Inbox<T> {
  readonly #owner: InboxOwner<T>;
  #items: T[] = [];
  #taking: Promise<void> | undefined;

  constructor(owner: InboxOwner<T>) {
    this.#owner = owner;
  }

  /** How many items wait, not counting the one being taken. */
  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#taking ??= this.#takeAll();
  }

  /** Resolves when nothing waits and nothing is being taken. */
  async idle(): Promise<void> {
    await this.#taking;
  }

  async #takeAll(): Promise<void> {
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
      await this.#owner.take(item);
      this.#owner.taken();
    }
    this.#taking = undefined;
  }
}
