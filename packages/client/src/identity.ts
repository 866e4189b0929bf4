import {
  bytesFromInstanceUid,
  createInstanceUid,
  type InstanceUid,
  instanceUidFromBytes,
} from "@opamp/protocol";

/** Under which uid the agent speaks and is spoken to. */
export class Identity {
  #uid: InstanceUid;
  #bytes: Uint8Array;
  /** Replies to messages sent before a change still carry the former uid. */
  #formerUid: InstanceUid | undefined;

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
    const uid = instanceUidFromBytes(bytes);
    return uid === this.#uid || uid === this.#formerUid;
  }

  /** Takes the uid that the server assigned (C-38). Throws `invalid-argument` for one of no use (C-39). */
  adopt(bytes: Uint8Array): void {
    const uid = instanceUidFromBytes(bytes);
    this.#formerUid = this.#uid;
    this.#uid = uid;
    this.#bytes = bytesFromInstanceUid(uid);
  }
}
