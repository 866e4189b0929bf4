import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type InstanceUid, isInstanceUid } from "@opamp/protocol";

/** A token, and by what it is known without it. */
export interface AgentToken {
  /** The uid and 256 random bits: guessing it is out of the question. */
  readonly token: string;
  readonly instanceUid: InstanceUid;
  /** SHA-256, in hexadecimal digits. */
  readonly digest: string;
}

export function createAgentToken(instanceUid: InstanceUid): AgentToken {
  const token = `${instanceUid}.${randomBytes(32).toString("base64url")}`;
  return { token, instanceUid, digest: digestOfToken(token) };
}

/** Whom a token claims to be of; undefined when it is none of these. */
export function claimedUid(token: string): InstanceUid | undefined {
  const [uid = "", secret, more] = token.split(".", 3);
  const isToken = isInstanceUid(uid) && secret?.length === 43 && more === undefined;
  return isToken ? uid.toLowerCase() : undefined;
}

/** A name for a token that gives nothing away. */
export function idOfDigest(digest: string): string {
  return digest.slice(0, 16);
}

/** Takes the same time for all that have the length of a digest. */
export function hasDigest(token: string, digest: string | undefined): boolean {
  const own = Buffer.from(digest ?? "", "hex");
  const given = createHash("sha256").update(token).digest();
  return own.length === given.length && timingSafeEqual(own, given);
}

function digestOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
