import type { InstanceUid } from "@opamp/protocol";
import type { Moment } from "./attempt.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

/** How and when a message came. */
export interface Arrival {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly transport: "websocket" | "http";
  /** Names the connection, uniquely over restarts of the server; all HTTP requests may share one. */
  readonly link: string;
}

/** What to do with the second of two agents that use one uid (S-141, S-143, S-144). */
export type DuplicatePolicy = "assign-new-uid" | "refuse";

/** What the answer depends on besides what is known of the agent. */
export interface AnswerContext extends Arrival {
  /** @default "assign-new-uid" */
  readonly duplicates?: DuplicatePolicy;
  /** Makes the uid of an agent that asks for one. @default createInstanceUid of @opamp/protocol */
  readonly createUid?: () => InstanceUid;
  /** Whether the map of components behind a hash is wanted and not known. @default none is */
  readonly wantsComponents?: (hash: Uint8Array) => boolean;
  /** The agent is to be told to restart. @default false */
  readonly restartDue?: boolean;
}

/** The moment of an answer to an agent. */
export function momentOf(
  { sequenceNum }: TrackedAgent,
  { nowMs, link }: Pick<Arrival, "nowMs" | "link">,
): Moment {
  return { nowMs, sequenceNum, link };
}
