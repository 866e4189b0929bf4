import type { AgentToServer, InstanceUid } from "@opamp/protocol";
import type { Connection } from "../connection.ts";
import type { Desired } from "./desired.ts";
import { afterHeartbeats, isHeartbeat, isQuiet } from "./heartbeat.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

/** An agent in the keeping of this process. */
export class AgentEntry {
  /** What was stored last. */
  saved: TrackedAgent | undefined;
  /** Where it can be told something at any time: its WebSocket. */
  connection: Connection | undefined;
  /** It is still to be told to restart. */
  restartDue = false;
  /** As it was before the last heartbeats. */
  #known: TrackedAgent;
  #desired: Desired | undefined;
  #heartbeats = 0;
  #lastHeartbeatMs = 0;
  /** Of the next message; none above 2 ** 53. */
  #nextSequence: number;
  #isQuiet: boolean | undefined;

  constructor(known: TrackedAgent) {
    this.#known = known;
    this.#nextSequence = Number(known.sequenceNum) + 1;
  }

  get uid(): InstanceUid {
    return this.#known.uid;
  }

  get hasComponents(): boolean {
    return "availableComponents" in this.#known.parts;
  }

  get known(): TrackedAgent {
    if (this.#heartbeats > 0) {
      this.#known = afterHeartbeats(this.#known, this.#heartbeats, this.#lastHeartbeatMs);
      this.#heartbeats = 0;
    }
    return this.#known;
  }

  set known(known: TrackedAgent) {
    this.#known = known;
    this.#heartbeats = 0;
    this.#nextSequence = Number(known.sequenceNum) + 1;
    this.#isQuiet = undefined;
  }

  /** What it should have; undefined when that is to be asked. */
  get desired(): Desired | undefined {
    return this.#desired;
  }

  set desired(desired: Desired | undefined) {
    this.#desired = desired;
    this.#isQuiet = undefined;
  }

  /**
   * Takes a message that came on the connection it is held to be on, if that is a heartbeat after
   * which there is nothing to do: nearly all messages are. Makes no new object.
   */
  takeHeartbeat(message: AgentToServer, nowMs: number): boolean {
    if (this.#desired === undefined || this.restartDue) return false;
    this.#isQuiet ??= isQuiet(this.#known, this.#desired);
    if (!this.#isQuiet || !isHeartbeat(message, this.#known, this.#nextSequence)) return false;
    this.#heartbeats += 1;
    this.#nextSequence += 1;
    this.#lastHeartbeatMs = nowMs;
    return true;
  }
}
