import { type AgentToServer, CloseCode, describeThrown, type Logger } from "@opamp/protocol";
import type { Connection } from "../connection.ts";
import type { AgentEntry } from "./agent-entries.ts";
import { nextOf } from "./continuity.ts";

/** Tells an agent that comes back over a new WebSocket from a second agent with its uid (S-142, S-145). */
export class Rivals {
  readonly #probeMs: number;
  readonly #logger: Logger;

  constructor(probeMs: number, logger: Logger) {
    this.#probeMs = probeMs;
    this.#logger = logger;
  }

  /** Whether the message is of another agent than the one that holds the uid. */
  async isRival(
    entry: AgentEntry,
    connection: Connection,
    message: AgentToServer,
  ): Promise<boolean> {
    for (let asked: Connection | undefined; ; ) {
      const holder = entry.connection;
      if (!isContested(entry, connection) || holder === undefined) return false;
      if (goesOn(entry, message)) return false;
      if (asked === holder) return true;
      if (!(await holder.ping({ timeoutMs: this.#probeMs }))) return false;
      // It may have gone, or come back elsewhere, meanwhile.
      asked = holder;
    }
  }

  /** Closes the connection that an agent has left behind, unless other agents share it. */
  supersede(left: Connection): void {
    if (left.instanceUids.length > 1) return;
    left
      .disconnect(CloseCode.PolicyViolation, "the agent has another connection")
      .catch((thrown: unknown) => {
        this.#logger.debug(`connection ${left.id} was not closed: ${describeThrown(thrown)}`);
      });
  }
}

/** Whether the agent has another WebSocket than the one it just spoke on. */
export function isContested(entry: AgentEntry, connection: Connection): boolean {
  if (connection.transport !== "websocket" || entry.connection === undefined) return false;
  return entry.connection !== connection;
}

/** A second agent would hardly go on where the first one was. */
function goesOn({ known }: AgentEntry, { sequenceNum }: AgentToServer): boolean {
  return sequenceNum === nextOf(known) || sequenceNum === known.sequenceNum;
}
