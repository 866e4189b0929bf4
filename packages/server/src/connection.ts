import type { InstanceUid, ServerToAgentInit } from "@opamp/protocol";
import type { ConnectRequest } from "./connect-request.ts";

/**
 * One WebSocket, or one HTTP exchange. Several agents may share a WebSocket: the instance uid of a
 * message says whose it is (W-23).
 */
export interface Connection {
  /** Unique within the process. */
  readonly id: number;
  readonly transport: "websocket" | "http";
  /** The request that opened it: address, headers, TLS certificate. */
  readonly request: ConnectRequest;
  /** The agents heard on it, in order of their first message, without those that said goodbye (S-137). */
  readonly instanceUids: readonly InstanceUid[];
  /**
   * Sends a message; on HTTP it rejects with `invalid-state`, for the answer is what `onMessage`
   * returns. Resolves when it was written. Rejects with `queue-full` when the agent reads too
   * slowly, `message-too-large`, `connection-lost`, or `invalid-argument` when it is no message or a
   * BAD_REQUEST, which only answers a message may be, when its uid is not one of `instanceUids`, or when it has none and the connection not exactly one agent.
   */
  send(message: ServerToAgentInit): Promise<void>;
  /**
   * Whether the agent answers a WebSocket ping in time; one that said goodbye and closed does not.
   * False when the connection has ended, and on HTTP.
   * @param options.timeoutMs @default settings.timeouts.pongMs
   */
  ping(options?: { readonly timeoutMs?: number }): Promise<boolean>;
  /**
   * Closes it with a WebSocket close frame; what waits to be sent is given up. Resolves when closed.
   * Rejects with `invalid-argument` for a code or a reason (123 bytes) that a close frame cannot
   * carry, on HTTP with `invalid-state`.
   * @param code @default CloseCode.Normal
   */
  disconnect(code?: number, reason?: string): Promise<void>;
}

/** Why a connection ended. */
export type CloseReason =
  /** The agent said goodbye, or closed the WebSocket. */
  | { readonly by: "agent"; readonly code: number; readonly agentDisconnect: boolean }
  /** This server closed it. */
  | { readonly by: "server"; readonly code: number }
  /** It broke. */
  | { readonly by: "network"; readonly code: number };
