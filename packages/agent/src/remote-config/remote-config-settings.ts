import type { RemoteConfig } from "./remote-config.ts";

/** Why a config is handed over. */
export type ApplyReason =
  /** The server offers it. */
  | "offered"
  /** The program starts, and this is the last config that was applied. */
  | "started"
  /** The program starts, and the run before ended while it applied this. */
  | "interrupted"
  /** A newer config failed, and this is the last one that was applied. */
  | "rolled-back";

export interface ApplyContext {
  /** Fires when a newer config arrives, the time is over or the agent stops. */
  readonly signal: AbortSignal;
  readonly reason: ApplyReason;
}

/** How configurations of the server are dealt with. */
export interface RemoteConfigSettings {
  /**
   * Throws or rejects for a config that must not be applied: it reads what is not on this machine's
   * allow-list, or makes no sense (C-248). The server is told the message, and what is in force stays.
   */
  readonly validate?: (config: RemoteConfig, context: ApplyContext) => void | Promise<void>;
  /**
   * Puts a config in force; when it throws or rejects, the message is what the server is told. Never
   * called again before it has settled, or its time is over.
   */
  readonly apply: (config: RemoteConfig, context: ApplyContext) => void | Promise<void>;
  /** Whether the last good config is applied again after one that failed. @default true */
  readonly rollBack?: boolean;
  /** How long one `apply` may take before the config counts as failed. @default 300000 */
  readonly timeoutMs?: number;
  /** How often a config is begun before it counts as failed, should the process end each time. @default 3 */
  readonly maxAttempts?: number;
}
