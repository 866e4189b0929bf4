import type { OpAMPError, ServerCapability, ServerToAgentFlag, UnknownBit } from "@opamp/protocol";

/** Where the connection is. */
export type ConnectionState =
  | { readonly state: "idle" }
  | {
      readonly state: "connecting";
      /** Counted from 1 since the start or since the connection was last good. */
      readonly attempt: number;
    }
  | { readonly state: "online" }
  | {
      readonly state: "backing-off";
      /** The attempt that will follow, counted in the same way. */
      readonly attempt: number;
      /** Milliseconds from the start of the wait to the attempt. */
      readonly delayMs: number;
      readonly error: OpAMPError;
    }
  | { readonly state: "stopping" }
  | { readonly state: "stopped" };

/** The connection and what the server said of itself, at one moment. */
export type ClientStatus = ConnectionState & {
  /** What the server can do; undefined until it has said so (C-65, L-24). */
  readonly serverCapabilities: readonly (ServerCapability | UnknownBit)[] | undefined;
  /** The flags of the server's last message. */
  readonly serverFlags: readonly (ServerToAgentFlag | UnknownBit)[];
};
