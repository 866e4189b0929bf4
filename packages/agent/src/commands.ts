import type { CallbackContext } from "@opamp/client";
import type { Feature } from "./feature.ts";

/** What the server may command. */
export interface CommandSettings {
  /** Starts the program anew, as far as it can, or ends it for its supervisor to start again. */
  readonly restart: (context: CallbackContext) => void | Promise<void>;
}

/** The client lets only a restart through (C-202, C-203). */
export function createCommandsFeature({ restart }: CommandSettings): Feature {
  return {
    capabilities: ["AcceptsRestartCommand"],
    callbacks: { onCommand: (_command, context) => restart(context) },
  };
}
