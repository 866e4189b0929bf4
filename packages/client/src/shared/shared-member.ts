import { type InstanceUid, OpAMPError } from "@opamp/protocol";
import type { Link, LinkHost, SwitchControl } from "../link.ts";
import type { ConnectionState } from "../status.ts";
import type { Session } from "../transport/transport.ts";
import type { SharedLine } from "./shared-line.ts";

/** One agent's place on a shared line. */
export class SharedMember implements Link {
  readonly isShared = true;
  readonly pollsForMessages = false;
  readonly isOnTrial = false;
  readonly host: LinkHost;
  readonly #line: SharedLine;
  #state: "idle" | "joined" | "stopping" | "stopped" = "idle";
  #stopped: Promise<void> | undefined;

  constructor(line: SharedLine, host: LinkHost) {
    this.#line = line;
    this.host = host;
  }

  get control(): SwitchControl {
    return this.#line.control;
  }

  start(): void {
    if (this.#state !== "idle") return;
    this.#line.claimUid(this.host.instanceUid, this);
    this.#state = "joined";
    this.#line.join(this);
  }

  /** Says goodbye for itself alone, and leaves the line to the others (C-235). */
  stop(): Promise<void> {
    if (this.#stopped === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      // Known before it begins, for whoever hears of the first step may call this again.
      this.#stopped = promise;
      resolve(this.#stop());
    }
    return this.#stopped;
  }

  prove(): void {}

  drop(error: OpAMPError): void {
    if (this.#state === "joined") this.#line.drop(error);
  }

  claimUid(uid: InstanceUid): void {
    this.#line.claimUid(uid, this);
  }

  inTurn<T>(act: () => Promise<T>): Promise<T> {
    return this.#line.inTurn(act);
  }

  /** Tells the agent what became of the line, while it is on it. */
  onState(state: ConnectionState): void {
    if (this.#state === "joined") this.host.onState(state);
  }

  onSession(session: Session): void {
    if (this.#state === "joined") this.host.onSession(session);
  }

  onSessionLost(): void {
    if (this.#state === "joined") this.host.onSessionLost();
  }

  onConnectFailed(error: OpAMPError): void {
    if (this.#state === "joined") this.host.onConnectFailed(error);
  }

  /** What goes wrong in here is this agent's trouble alone (L-07). */
  onMessage(message: Uint8Array): void {
    if (this.#state !== "joined") return;
    try {
      this.host.onMessage(message);
    } catch (thrown) {
      this.host.report(OpAMPError.from(thrown, "malformed-message", "a message was not taken"));
    }
  }

  async #stop(): Promise<void> {
    const isOn = this.#state === "joined";
    this.#state = "stopping";
    this.host.onState({ state: "stopping" });
    if (isOn) await this.#line.leave(this);
    this.#state = "stopped";
    this.host.onState({ state: "stopped" });
  }
}
