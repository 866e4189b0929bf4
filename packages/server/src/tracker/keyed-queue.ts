/** Runs tasks with the same key one after the other, those with different keys at once. */
export class KeyedQueue<K> {
  readonly #tails = new Map<K, Promise<void>>();

  /** Whether nothing runs or waits under the key. */
  isIdle(key: K): boolean {
    return !this.#tails.has(key);
  }

  /** Runs the task after all before it; settles as the task does. */
  async run<T>(key: K, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const done = Promise.withResolvers<void>();
    this.#tails.set(key, done.promise);
    try {
      await before;
      return await task();
    } finally {
      if (this.#tails.get(key) === done.promise) this.#tails.delete(key);
      done.resolve();
    }
  }

  /** Resolves when all that runs or waits now is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
