import { type AgentToServer, ServerCapabilities, type ServerToAgentInit } from "@opamp/protocol";
import type { AttemptReaction, MessageReaction } from "./reaction.ts";

/** What a raw server is to do and to say next. */
export interface AnswerBook {
  readonly attempts: AttemptReaction[];
  readonly reactions: MessageReaction[];
  /** What was said while no WebSocket was open; goes into the next HTTP answers. */
  readonly pending: ServerToAgentInit[];
  /** The uid of the message that came last. */
  readonly lastUid: Uint8Array;
  /** The answer to a message; `first` adds the capabilities of the server. */
  answerTo(message: AgentToServer | undefined, first: boolean): ServerToAgentInit;
}

const everyCapability = Object.values(ServerCapabilities).reduce((all, bit) => all | bit, 0n);

export function createAnswerBook(capabilities: bigint = everyCapability): AnswerBook {
  let lastUid: Uint8Array = new Uint8Array();
  return {
    attempts: [],
    reactions: [],
    pending: [],
    get lastUid() {
      return lastUid;
    },
    answerTo(message, first) {
      lastUid = message?.instanceUid ?? lastUid;
      return { instanceUid: lastUid, ...(first && { capabilities }) };
    },
  };
}
