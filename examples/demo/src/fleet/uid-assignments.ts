import {
  type AgentToServer,
  AgentToServerFlags,
  createInstanceUid,
  type InstanceUid,
} from "@opamp/protocol";
import type { Connection } from "@opamp/server";

/** The instance uids that were assigned on each connection, and for which temporary ones. */
export interface UidAssignments {
  /** The uid that an agent was told to take, else the one it uses. */
  currentUid(connection: Connection, uid: InstanceUid): InstanceUid;
  /** The uid to assign in the answer; undefined when the message asks for none. */
  assign(connection: Connection, uid: InstanceUid, message: AgentToServer): InstanceUid | undefined;
}

export function createUidAssignments(): UidAssignments {
  const assigned = new WeakMap<Connection, Map<InstanceUid, InstanceUid>>();
  return {
    currentUid: (connection, uid) => assigned.get(connection)?.get(uid) ?? uid,
    assign(connection, uid, { flags }) {
      if ((flags & AgentToServerFlags.RequestInstanceUid) === 0n) return undefined;
      const uids = assigned.get(connection) ?? new Map<InstanceUid, InstanceUid>();
      // Asked again, before or after the agent has heard the answer: the answer stays.
      const newUid =
        uids.get(uid) ?? ([...uids.values()].includes(uid) ? uid : createInstanceUid());
      assigned.set(connection, uids.set(uid, newUid));
      return newUid;
    },
  };
}
