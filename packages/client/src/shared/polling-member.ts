import type { InstanceUid, OpAMPError } from "@opamp/protocol";
import { Connection } from "../connection.ts";
import { guardRetryPolicy } from "../guard-retry-policy.ts";
import type { Link, LinkHost, SwitchControl } from "../link.ts";
import type { PollingLine } from "./polling-line.ts";

/** One agent that polls over sockets that others use too. */
export class PollingMember implements Link {
  readonly isShared = true;
  readonly pollsForMessages = true;
  readonly isOnTrial = false;
  readonly #line: PollingLine;
  readonly #host: LinkHost;
  readonly #connection: Connection;

  constructor(line: PollingLine, host: LinkHost) {
    const { retry, clock, random, timeouts } = line.options;
    this.#line = line;
    this.#host = host;
    this.#connection = new Connection({
      route: line.route,
      instanceUid: () => host.instanceUid,
      retry: guardRetryPolicy(retry, (error) => host.report(error)),
      clock,
      random,
      firstReplyMs: timeouts.responseMs,
      closeMs: timeouts.stopMs,
      maxRetryAfterMs: timeouts.maxRetryAfterMs,
      events: host,
    });
  }

  get control(): SwitchControl {
    return this.#line.control;
  }

  start(): void {
    this.#line.uids.claim(this.#host.instanceUid, this);
    this.#line.members.add(this);
    this.#connection.start();
  }

  prove(): void {}

  drop(error: OpAMPError): void {
    this.#connection.drop(error);
  }

  async stop(): Promise<void> {
    await this.#connection.stop();
    this.#line.members.delete(this);
    this.#line.uids.release(this);
  }

  claimUid(uid: InstanceUid): void {
    this.#line.uids.claim(uid, this);
  }

  inTurn<T>(act: () => Promise<T>): Promise<T> {
    return this.#line.turns.take(act);
  }
}
