import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { describeThrown, OpAMPError } from "@opamp/protocol";

/** Digests of another key in each process: they have one length, and nobody outside knows any. */
const key = randomBytes(32);

/** A digest by which secrets are compared. */
export function digestOf(secret: string): Buffer {
  return createHmac("sha256", key).update(secret).digest();
}

/** Whether two digests are of the same secret; takes the same time for all. */
export function isSameDigest(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b);
}

/** What a user's function threw, without the secrets that it was given. */
export function withoutSecrets(thrown: unknown, secrets: readonly string[]): OpAMPError {
  let text = describeThrown(thrown);
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "[credential]");
  // No cause: it would bring the secret back.
  return new OpAMPError("callback-failed", `verify: ${text}`);
}
