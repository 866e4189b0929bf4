import type { AgentToServer, InstanceUid, OpAMPError, ServerToAgentInit } from "@opamp/protocol";
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
   * @param instanceUid the uid of the message, as text
   */
  readonly onMessage?: (
    connection: Connection,
    message: AgentToServer,
    instanceUid: InstanceUid,
  ) => ServerToAgentInit | undefined | void | Promise<ServerToAgentInit | undefined | void>;
  /**
   * What arrived is no message. Over WebSocket it was answered with BAD_REQUEST, or the connection
   * closes, with 1009 for a message too large; over HTTP it is answered with 400, 408, 413 or 415
   * (S-05, S-14, S-121).
   */
  readonly onReadMessageError?: (connection: Connection, error: OpAMPError) => void;
  /** An answer could not be sent: too large, or the agent is gone (S-08, S-17, S-140). */
  readonly onMessageResponseError?: (
    connection: Connection,
    response: ServerToAgentInit,
    error: OpAMPError,
  ) => void;
  /** The connection has ended, and all received before was taken; nothing is called for it afterwards. */
  readonly onConnectionClosed?: (connection: Connection, reason: CloseReason) => void;
}

export interface ServerCallbacks extends ConnectionCallbacks {
  /** Decides whether an agent may connect; a throw or rejection answers 500. @default accepts all */
  readonly onConnecting?: (request: ConnectRequest) => ConnectDecision | Promise<ConnectDecision>;
}
