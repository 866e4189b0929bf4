/** One who waits, and the next one behind. */
interface Waiting {
  readonly begin: () => void;
  next: Waiting | undefined;
}

/** Lets so many act at once; the others wait, first come, first served. */
export class Turns {
  #free: number;
  #first: Waiting | undefined;
  #last: Waiting | undefined;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async take<T>(act: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((begin) => this.#enqueue(begin));
    try {
      return await act();
    } finally {
      this.#pass();
    }
  }

  #enqueue(begin: () => void): void {
    const waiting: Waiting = { begin, next: undefined };
    if (this.#last === undefined) this.#first = waiting;
    else this.#last.next = waiting;
    this.#last = waiting;
  }

  /** The turn goes to whoever waits longest, or to nobody. */
  #pass(): void {
    const first = this.#first;
    this.#first = first?.next;
    if (this.#first === undefined) this.#last = undefined;
    if (first === undefined) this.#free += 1;
    else first.begin();
  }
}
