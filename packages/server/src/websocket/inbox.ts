/** Who takes what arrives, one thing after the other. */
export interface InboxOwner<T> {
  /** Takes one item, at once or by a promise. Must neither throw nor reject. */
  take(item: T): Promise<void> | undefined;
  /** An item was taken: there may be room again. */
  taken(): void;
}

/** What waits for the application on one connection, in order of arrival, never two at a time. */
export class Inbox<T> {
  readonly #owner: InboxOwner<T>;
  #items: T[] = [];
  /** Where the first stands that waits: to move all others up would cost more than to take one. */
  #next = 0;
  #isTaking = false;
  #taking: Promise<void> | undefined;

  constructor(owner: InboxOwner<T>) {
    this.#owner = owner;
  }

  /** How many items wait, not counting the one being taken. */
  get length(): number {
    return this.#items.length - this.#next;
  }

  push(item: T): void {
    if (this.#isTaking) this.#items.push(item);
    else this.#takeFrom(item);
  }

  /** Resolves when nothing waits and nothing is being taken. */
  async idle(): Promise<void> {
    await this.#taking;
  }

  /** At once as long as that can be: a promise would cost more than most messages do. */
  #takeFrom(first: T): void {
    this.#isTaking = true;
    for (let item: T | undefined = first; item !== undefined; item = this.#shift()) {
      const taking = this.#owner.take(item);
      if (taking !== undefined) {
        this.#taking = this.#takeRest(taking);
        return;
      }
      this.#owner.taken();
    }
    this.#isTaking = false;
  }

  async #takeRest(first: Promise<void>): Promise<void> {
    await first;
    this.#owner.taken();
    for (let item = this.#shift(); item !== undefined; item = this.#shift()) {
      await this.#owner.take(item);
      this.#owner.taken();
    }
    this.#isTaking = false;
    this.#taking = undefined;
  }

  #shift(): T | undefined {
    if (this.#items.length === 0) return undefined;
    const item = this.#items[this.#next];
    this.#next += 1;
    if (this.#next < this.#items.length) return item;
    this.#items = [];
    this.#next = 0;
    return item;
  }
}
