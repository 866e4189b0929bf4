import { CloseCode, describeThrown, type Logger } from "@opamp/protocol";
import type { Connection } from "../connection.ts";
import type { AgentEntry } from "./agent-entry.ts";

/**
 * Tells an agent that comes back over a new WebSocket from a second agent with its uid (S-142,
 * S-145): by whether the old WebSocket shows a sign of life. Sequence numbers prove nothing, for
 * clones that start together count together.
 */
export class Rivals {
  readonly #probeMs: number;
  readonly #logger: Logger;
  readonly #probes = new Map<Connection, Promise<boolean>>();

  constructor(probeMs: number, logger: Logger) {
    this.#probeMs = probeMs;
    this.#logger = logger;
  }

  /** Whether an agent answers on the connection; asked once for any number of rivals. */
  isAlive(connection: Connection): Promise<boolean> {
    const running = this.#probes.get(connection);
    if (running !== undefined) return running;
    const probe = connection
      .ping({ timeoutMs: this.#probeMs })
      .finally(() => this.#probes.delete(connection));
    this.#probes.set(connection, probe);
    return probe;
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

/** The WebSocket on which the agent is held to be, when it is another than it just spoke on. */
export function holderOf(
  entry: AgentEntry | undefined,
  connection: Connection,
): Connection | undefined {
  if (connection.transport !== "websocket" || entry?.connection === connection) return undefined;
  return entry?.connection;
}
