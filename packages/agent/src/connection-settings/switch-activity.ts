import { OpAMPError } from "@opamp/protocol";
import type { Activities, EndActivity } from "../activities.ts";

interface Running {
  readonly hash: string;
  readonly end: EndActivity;
}

/** The activity of a switch to offered settings, from storing them to their acceptance or the way back. */
export class SwitchActivity {
  readonly #activities: Activities;
  #running: Running | undefined;

  constructor(activities: Activities) {
    this.#activities = activities;
  }

  begin(hash: string, serverUrl: string | URL): void {
    this.#running?.end(new OpAMPError("aborted", "a newer offer has arrived"));
    // Not the whole URL: its query may hold a credential.
    const host = URL.parse(String(serverUrl))?.hostname ?? "";
    const end = this.#activities.begin("opamp.connection_settings.switch", {
      "opamp.connection_settings.hash": hash,
      "server.address": host,
    });
    this.#running = { hash, end };
  }

  /** Does nothing when no switch to these settings is under way. */
  end(hash: string, error?: unknown): void {
    if (this.#running?.hash !== hash) return;
    this.#running.end(error);
    this.#running = undefined;
  }

  stop(): void {
    this.#running?.end(new OpAMPError("stopped", "the agent stops"));
    this.#running = undefined;
  }
}
