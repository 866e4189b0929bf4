import type { TrackedAgent } from "@opamp/server";

/** What the server process is given when it starts. */
export interface ServerProcessOptions {
  readonly port: number;
  /** Without it, what is known ends with the process. */
  readonly storeFile: string | undefined;
  /** Of the configs that agents should have. */
  readonly revision: number;
}

export type ServerCommand =
  | { readonly kind: "dump" }
  | { readonly kind: "revise"; readonly revision: number }
  | { readonly kind: "close"; readonly drainMs: number };

export type ServerReport =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "dump"; readonly dump: ServerDump };

/** What the server process knows. */
export interface ServerDump {
  readonly agents: readonly TrackedAgent[];
  /** Since the process started. */
  readonly fullStateRequests: number;
  readonly uidsAssigned: number;
}
