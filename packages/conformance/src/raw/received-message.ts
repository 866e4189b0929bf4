import type { AgentToServer } from "@opamp/protocol";
import type { TransportName } from "./transport-name.ts";

/** One message of an agent, as a raw server got it. */
export interface ReceivedMessage {
  readonly transport: TransportName;
  /** Milliseconds on a clock that never goes back. */
  readonly atMs: number;
  /** The WebSocket message with its header, or the body as it came. */
  readonly bytes: Uint8Array;
  /** The encoded message: without header, or without content encoding. */
  readonly encoded: Uint8Array;
  /** False for a WebSocket text message. */
  readonly binary: boolean;
  /** What it says, when it can be read. */
  readonly message: AgentToServer | undefined;
}
