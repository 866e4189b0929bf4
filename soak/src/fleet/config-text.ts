import type { InstanceUid } from "@opamp/protocol";

/** The config that an agent should have: no other's, and no older one. */
export function configText(uid: InstanceUid, revision: number): string {
  return `agent: ${uid}\nrevision: ${revision}\n`;
}
