import { type InstanceUid, OpAMPError } from "@opamp/protocol";

/** The uids of one agent: replies to what it said before a change still carry the former (C-38). */
interface Uids {
  readonly now: string;
  readonly former: string | undefined;
}

/** Whose is which uid, on one connection. */
export class UidTable<T> {
  readonly #holders = new Map<string, T>();
  readonly #uids = new Map<T, Uids>();

  /** Throws `invalid-argument` for a uid that another holder has now. */
  claim(uid: InstanceUid, holder: T): void {
    const key = uid.replaceAll("-", "");
    const other = this.#holders.get(key);
    if (other !== undefined && other !== holder && this.#uids.get(other)?.now === key) {
      throw new OpAMPError(
        "invalid-argument",
        `instanceUid: another client on this connection has ${uid}`,
      );
    }
    const before = this.#uids.get(holder);
    if (before?.former !== undefined) this.#free(before.former, holder);
    this.#holders.set(key, holder);
    this.#uids.set(holder, { now: key, former: before?.now });
  }

  find(uid: Uint8Array): T | undefined {
    return this.#holders.get(Buffer.from(uid.buffer, uid.byteOffset, uid.length).toString("hex"));
  }

  release(holder: T): void {
    const uids = this.#uids.get(holder);
    if (uids === undefined) return;
    this.#uids.delete(holder);
    this.#free(uids.now, holder);
    if (uids.former !== undefined) this.#free(uids.former, holder);
  }

  /** Another holder may have come by a former uid. */
  #free(key: string, holder: T): void {
    if (this.#holders.get(key) === holder) this.#holders.delete(key);
  }
}
