import {
  copyStatusPart,
  equalStatusParts,
  type StatusPart,
  type StatusPartInit,
  type StatusPartValue,
  statusParts,
} from "@opamp/protocol";

type Value = StatusPartValue<StatusPart>;

/**
 * What the agent wants the server to know, part by part, and which parts the server does not have
 * yet. Equality decides: a value equal to what was delivered is not due (C-52, C-53).
 */
export class ReportedState {
  readonly #current = new Map<StatusPart, Value>();
  readonly #due = new Set<StatusPart>();
  /** What the server has, as far as can be told. */
  readonly #delivered = new Map<StatusPart, Value>();
  /** Sent, but not answered yet: the part, and the number of the message that it went in. */
  readonly #unconfirmed = new Map<StatusPart, number>();
  /** How many messages were sent on this connection, and how many of them are answered. */
  #sent = 0;
  #answered = 0;

  get<P extends StatusPart>(part: P): StatusPartValue<P> | undefined {
    return this.#current.get(part) as StatusPartValue<P> | undefined;
  }

  /** Takes a copy of a value. Returns whether it differs from the one before. */
  set<P extends StatusPart>(part: P, init: StatusPartInit<P>): boolean {
    const value = copyStatusPart(part, init);
    if (equalStatusParts(part, value, this.get(part))) return false;
    this.#current.set(part, value);
    const delivered = this.#delivered.get(part) as StatusPartValue<P> | undefined;
    if (equalStatusParts(part, value, delivered)) this.#due.delete(part);
    else this.#due.add(part);
    return true;
  }

  /** The parts to report next, in the order of their field numbers. */
  dueParts(): readonly StatusPart[] {
    return statusParts.filter((part) => this.#due.has(part));
  }

  /** A message with these parts is on its way. What goes wrong later makes them due again. */
  sent(parts: Iterable<StatusPart>): void {
    this.#sent += 1;
    for (const part of parts) {
      this.#deliver(part);
      this.#unconfirmed.set(part, this.#sent);
    }
  }

  /**
   * The server has said something: it counts as the answer to the oldest message without one, for
   * answers come in order, and what was sent after that message may still be lost.
   */
  answered(): void {
    this.#answered = Math.min(this.#sent, this.#answered + 1);
    for (const [part, message] of this.#unconfirmed) {
      if (message <= this.#answered) this.#unconfirmed.delete(part);
    }
  }

  /** These parts have arrived, or were turned down for good. */
  confirm(parts: Iterable<StatusPart>): void {
    for (const part of parts) this.#unconfirmed.delete(part);
  }

  /** These parts were not delivered after all (L-08). */
  undelivered(parts: Iterable<StatusPart>): void {
    for (const part of parts) {
      this.#delivered.delete(part);
      this.#unconfirmed.delete(part);
      this.#due.add(part);
    }
  }

  /** The connection is gone: what was not confirmed may be lost (C-225). */
  connectionLost(): void {
    this.undelivered([...this.#unconfirmed.keys()]);
    this.#sent = 0;
    this.#answered = 0;
  }

  /** A part cannot be delivered as it is: it waits until it changes or full state is asked for. */
  withhold(part: StatusPart): void {
    this.#deliver(part);
    this.confirm([part]);
  }

  /** Every part that has a value is due, changed or not (C-57, C-58). */
  requestAll(): void {
    this.undelivered(statusParts.filter((part) => this.#current.has(part)));
  }

  /** One part is due, changed or not. */
  request(part: StatusPart): void {
    if (this.#current.has(part)) this.undelivered([part]);
  }

  #deliver(part: StatusPart): void {
    const value = this.#current.get(part);
    if (value !== undefined) this.#delivered.set(part, value);
    this.#due.delete(part);
  }
}
