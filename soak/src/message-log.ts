/**
 * Numbered messages of one direction. The sender notes on which connection each was written, the
 * receiver what arrived, in order.
 */
export class MessageLog {
  readonly #written = new Map<number, number>();
  /** In the order of their first arrival. */
  readonly #arrived = new Set<number>();
  #next = 1;
  #failed = 0;

  /** The number of another message. */
  take(): number {
    const number = this.#next;
    this.#next += 1;
    return number;
  }

  get sent(): number {
    return this.#next - 1;
  }

  get arrived(): number {
    return this.#arrived.size;
  }

  /** Whether every message was written or failed. */
  get isSettled(): boolean {
    return this.#written.size + this.#failed === this.sent;
  }

  wrote(number: number, connection: number): void {
    this.#written.set(number, connection);
  }

  failed(): void {
    this.#failed += 1;
  }

  arrive(number: number): void {
    this.#arrived.add(number);
  }

  /**
   * A message may come again when its sender could not know that it had arrived, and then from a
   * connection that was given up; for the first time it comes before all later ones.
   */
  problemOfOrder(): string | undefined {
    let latest = 0;
    for (const number of this.#arrived) {
      if (number < latest) return `message ${number} arrived after message ${latest}`;
      latest = number;
    }
    return undefined;
  }

  /** What was written on a connection that went on to carry later messages has arrived. */
  problemOfLoss(): string | undefined {
    const lastArrived = new Map<number, number>();
    for (const [number, connection] of this.#written) {
      if (this.#arrived.has(number)) lastArrived.set(connection, number);
    }
    const lost = [...this.#written].filter(
      ([number, connection]) =>
        !this.#arrived.has(number) && number < (lastArrived.get(connection) ?? 0),
    );
    const [first] = lost;
    return first && `${lost.length} messages were lost on the way, the first is ${first[0]}`;
  }

  /** Everything that was written on this connection has arrived. */
  isCompleteOn(connection: number): boolean {
    return [...this.#written].every(
      ([number, on]) => on !== connection || this.#arrived.has(number),
    );
  }

  /** What its sender takes for delivered, and what never arrived. */
  get lost(): number {
    return [...this.#written.keys()].filter((number) => !this.#arrived.has(number)).length;
  }
}
