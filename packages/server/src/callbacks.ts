import type { AgentToServer, OpAMPError, ServerToAgentInit } from "@opamp/protocol";
import type { ConnectDecision, ConnectRequest } from "./connect-request.ts";
import type { CloseReason, Connection } from "./connection.ts";

/**
 * What happens on one connection. The calls for one connection come in order and never overlap:
 * the next message waits until the promise of the one before has settled.
 */
export interface ConnectionCallbacks {
  readonly onConnected?: (connection: Connection) => void | Promise<void>;
  /**
   * Every message of an agent. What is returned goes into the answer; an answer is sent in any case
   * (S-34). A throw or rejection is answered with an Unknown error response (S-36, S-125).
   */
  readonly onMessage?: (
    connection: Connection,
    message: AgentToServer,
  ) => ServerToAgentInit | undefined | void | Promise<ServerToAgentInit | undefined | void>;
  /** Bytes that are no message arrived; they have been answered with BAD_REQUEST (S-121). */
  readonly onReadMessageError?: (connection: Connection, error: OpAMPError) => void;
  /** An answer could not be sent: too large, or the agent is gone (S-08, S-17, S-140). */
  readonly onMessageResponseError?: (
    connection: Connection,
    response: ServerToAgentInit,
    error: OpAMPError,
  ) => void;
  /** The connection has ended; nothing is called for it afterwards. */
  readonly onConnectionClosed?: (connection: Connection, reason: CloseReason) => void;
}

export interface ServerCallbacks extends ConnectionCallbacks {
  /** Decides whether an agent may connect; a throw or rejection answers 500. @default accepts all */
  readonly onConnecting?: (request: ConnectRequest) => ConnectDecision | Promise<ConnectDecision>;
}
