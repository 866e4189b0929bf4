import {
  bytesFromInstanceUid,
  createInstanceUid,
  type InstanceUid,
  instanceUidFromBytes,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";

/** Under which uid the agent speaks and is spoken to. */
export class Identity {
  #uid: InstanceUid;
  #bytes: Uint8Array;
  /** Replies to messages sent before a change still carry the former uid. */
  #formerBytes: Uint8Array | undefined;

  constructor(uid: InstanceUid = createInstanceUid()) {
    this.#uid = uid;
    this.#bytes = bytesFromInstanceUid(uid);
  }

  get uid(): InstanceUid {
    return this.#uid;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  isAddressedBy(bytes: Uint8Array): boolean {
    return equalBytes(bytes, this.#bytes) || equalBytes(bytes, this.#formerBytes);
  }

  /**
   * Takes the uid that the server assigned (C-38), and says whether it is another one. Throws
   * `invalid-argument` for one of no use (C-39), and what `claim` throws for one that is taken.
   */
  adopt(bytes: Uint8Array, claim: (uid: InstanceUid) => void): boolean {
    const uid = instanceUidFromBytes(bytes);
    if (uid === this.#uid) return false;
    claim(uid);
    this.#formerBytes = this.#bytes;
    this.#uid = uid;
    this.#bytes = bytesFromInstanceUid(uid);
    return true;
  }
}
