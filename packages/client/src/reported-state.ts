import {
  copyStatusPart,
  equalStatusParts,
  type StatusPart,
  type StatusPartInit,
  type StatusPartValue,
  statusParts,
} from "@opamp/protocol";

type Value = StatusPartValue<StatusPart>;

/** One part, from when it has a value. */
interface Part {
  current: Value;
  isDue: boolean;
  /** What the server has, as far as can be told. */
  delivered: Value | undefined;
  /** Sent, but not answered yet: the number of the message that it went in. */
  unconfirmedIn: number | undefined;
}

/**
 * What the agent wants the server to know, part by part, and which parts the server does not have
 * yet. Equality decides: a value equal to what was delivered is not due (C-52, C-53).
 */
export class ReportedState {
  readonly #parts = new Map<StatusPart, Part>();
  /** How many messages were sent on this connection, and how many of them are answered. */
  #sent = 0;
  #answered = 0;

  get<P extends StatusPart>(part: P): StatusPartValue<P> | undefined {
    return this.#parts.get(part)?.current as StatusPartValue<P> | undefined;
  }

  /** Takes a copy of a value. Returns whether it differs from the one before. */
  set<P extends StatusPart>(part: P, init: StatusPartInit<P>): boolean {
    const value = copyStatusPart(part, init);
    const known = this.#parts.get(part);
    if (known === undefined) {
      const fresh = { current: value, isDue: true, delivered: undefined, unconfirmedIn: undefined };
      this.#parts.set(part, fresh);
      return true;
    }
    if (equalStatusParts(part, value, known.current as StatusPartValue<P>)) return false;
    const delivered = known.delivered as StatusPartValue<P> | undefined;
    known.current = value;
    known.isDue = !equalStatusParts(part, value, delivered);
    return true;
  }

  /** The parts to report next, in the order of their field numbers. */
  dueParts(): readonly StatusPart[] {
    return statusParts.filter((part) => this.#parts.get(part)?.isDue === true);
  }

  /** A message with these parts is on its way. What goes wrong later makes them due again. */
  sent(parts: Iterable<StatusPart>): void {
    this.#sent += 1;
    for (const part of this.#known(parts)) {
      deliver(part);
      part.unconfirmedIn = this.#sent;
    }
  }

  /**
   * The server has said something: it counts as the answer to the oldest message without one, for
   * answers come in order, and what was sent after that message may still be lost.
   */
  answered(): void {
    this.#answered = Math.min(this.#sent, this.#answered + 1);
    for (const part of this.#parts.values()) {
      if (part.unconfirmedIn !== undefined && part.unconfirmedIn <= this.#answered) confirm(part);
    }
  }

  /** These parts have arrived, or were turned down for good. */
  confirm(parts: Iterable<StatusPart>): void {
    for (const part of this.#known(parts)) confirm(part);
  }

  /** These parts were not delivered after all (L-08). */
  undelivered(parts: Iterable<StatusPart>): void {
    for (const part of this.#known(parts)) loseDelivery(part);
  }

  /** The connection is gone: what was not confirmed may be lost (C-225). */
  connectionLost(): void {
    for (const part of this.#parts.values()) {
      if (part.unconfirmedIn !== undefined) loseDelivery(part);
    }
    this.#sent = 0;
    this.#answered = 0;
  }

  /** A part cannot be delivered as it is: it waits until it changes or full state is asked for. */
  withhold(part: StatusPart): void {
    for (const known of this.#known([part])) {
      deliver(known);
      confirm(known);
    }
  }

  /** Every part that has a value is due, changed or not (C-57, C-58). */
  requestAll(): void {
    for (const part of this.#parts.values()) loseDelivery(part);
  }

  /** One part is due, changed or not. */
  request(part: StatusPart): void {
    this.undelivered([part]);
  }

  #known(names: Iterable<StatusPart>): readonly Part[] {
    return Array.from(names).flatMap((name) => this.#parts.get(name) ?? []);
  }
}

function deliver(part: Part): void {
  part.delivered = part.current;
  part.isDue = false;
}

function confirm(part: Part): void {
  part.unconfirmedIn = undefined;
}

function loseDelivery(part: Part): void {
  part.delivered = undefined;
  part.unconfirmedIn = undefined;
  part.isDue = true;
}
