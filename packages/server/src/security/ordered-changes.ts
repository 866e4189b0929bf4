import type { InstanceUid } from "@opamp/protocol";

/** Which uids agents were told to take, by those of their credentials. The oldest are forgotten. */
export class OrderedChanges {
  readonly #max: number;
  /** By the new uid: it belongs to one agent. */
  readonly #former = new Map<InstanceUid, InstanceUid>();

  constructor(max: number) {
    this.#max = max;
  }

  add(from: InstanceUid, to: InstanceUid): void {
    this.#former.delete(to);
    this.#former.set(to, from);
    const [oldest] = this.#former.keys();
    if (oldest !== undefined && this.#former.size > this.#max) this.#former.delete(oldest);
  }

  has(from: InstanceUid, to: InstanceUid): boolean {
    return this.#former.get(to) === from;
  }
}
