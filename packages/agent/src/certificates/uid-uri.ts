import { type InstanceUid, isInstanceUid } from "@opamp/protocol";

const PREFIX = "urn:uuid:";

/** The URI that stands for an agent in certificate requests and certificates. */
export function uriOfInstanceUid(instanceUid: InstanceUid): string {
  return `${PREFIX}${instanceUid}`;
}

/** The uid in a text of a certificate, such as a common name or a URI; undefined when there is none. */
export function instanceUidFromText(text: string): InstanceUid | undefined {
  const lower = text.toLowerCase();
  const uid = lower.startsWith(PREFIX) ? lower.slice(PREFIX.length) : lower;
  return isInstanceUid(uid) ? uid : undefined;
}
