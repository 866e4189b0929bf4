import {
  type AgentToServer,
  type InstanceUid,
  instanceUidFromBytes,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { numbersWithDefaults } from "@opamp/protocol/internal";
import { errorAnswer } from "../answer.ts";
import type { ConnectionCallbacks } from "../callbacks.ts";
import type { Connection } from "../connection.ts";
import { isPromise } from "../invoke-callback.ts";
import { identityOf } from "./identity.ts";
import { OrderedChanges } from "./ordered-changes.ts";

/** Every member is optional. */
export interface InstanceUidCheckOptions {
  /**
   * Whether an agent with credentials of one uid was told to take another. What `onMessage` answers
   * is known without it, as long as the process lives. @default only that
   */
  readonly isOrderedChange?: (from: InstanceUid, to: InstanceUid) => boolean;
  /** How many changes of uids are remembered. @default 10000 */
  readonly maxChanges?: number;
}

type Said = ServerToAgentInit | undefined | void;

const defaults = { maxChanges: 10_000 } as const;

/**
 * Lets an agent whose credentials are bound to a uid speak for that one only (S-101): a message for
 * another is answered with BAD_REQUEST, and nobody else hears of it. An agent that was told to take
 * another uid may use that from then on, also to ask for a certificate for it (S-102, S-103).
 * Credentials without a uid may speak for any.
 */
export function checkInstanceUid<C extends ConnectionCallbacks>(
  callbacks: C,
  options: InstanceUidCheckOptions = {},
): C {
  const { isOrderedChange, ...given } = options;
  const { maxChanges } = numbersWithDefaults("checkInstanceUid", { defaults, atLeast: 1 }, given);
  const changes = new OrderedChanges(maxChanges);
  const onMessage = (
    connection: Connection,
    message: AgentToServer,
    uid: InstanceUid = instanceUidFromBytes(message.instanceUid),
  ): Said | Promise<Said> => {
    const bound = identityOf(connection)?.instanceUid;
    if (bound === undefined) return callbacks.onMessage?.(connection, message, uid);
    const isOwn =
      uid === bound || changes.has(bound, uid) || isOrderedChange?.(bound, uid) === true;
    if (!isOwn) return ofAnotherAgent;
    const said = callbacks.onMessage?.(connection, message, uid);
    if (!isPromise(said)) return noted(changes, bound, said);
    return said.then((later) => noted(changes, bound, later));
  };
  return { ...callbacks, onMessage };
}

function noted(changes: OrderedChanges, bound: InstanceUid, said: Said): Said {
  const uid = said?.agentIdentification?.newInstanceUid;
  if (uid?.length === 16) changes.add(bound, instanceUidFromBytes(uid));
  return said;
}

const ofAnotherAgent = errorAnswer(
  ServerErrorResponseType.BadRequest,
  "the credentials of this connection are those of another agent",
);
