import type { InstanceUid } from "@opamp/protocol";
import type { CertificateFacts } from "./certificate-facts.ts";
import type { OwnKey } from "./own-keys.ts";

export interface PossibleOwner {
  /** The key of the certificate, where it was made here. */
  readonly own: OwnKey | undefined;
  readonly instanceUid: InstanceUid;
}

/**
 * The agent that a certificate is for, if it is another one than this. Authorities may name what they
 * like: one that names no uid is for whoever has the key.
 */
export function otherAgentOf(
  { instanceUids }: CertificateFacts,
  { own, instanceUid }: PossibleOwner,
): InstanceUid | undefined {
  if (own !== undefined && own.instanceUid !== instanceUid) return own.instanceUid;
  return instanceUids.includes(instanceUid) ? undefined : instanceUids[0];
}
