import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { OpAMPError } from "./errors.ts";

/** The number of `instance_uid`, in both directions. */
const INSTANCE_UID = 1;

/**
 * The instance uid of an encoded message, as a view, without decoding the rest; empty when there is
 * none. Throws `malformed-message` for bytes that are no message as far as it had to look.
 */
export function peekInstanceUid(message: Uint8Array): Uint8Array {
  try {
    const reader = new BinaryReader(message);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === INSTANCE_UID && wireType === WireType.LengthDelimited) return reader.bytes();
      reader.skip(wireType, field);
    }
    return new Uint8Array(0);
  } catch (thrown) {
    throw OpAMPError.from(thrown, "malformed-message", "cannot find the instance uid");
  }
}
