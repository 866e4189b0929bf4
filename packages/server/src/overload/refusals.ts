import {
  bytesFromInstanceUid,
  type Clock,
  type InstanceUid,
  type Logger,
  type Random,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { type HttpAnswer, textAnswer } from "../http/http-answer.ts";
import type { RefusalReason } from "../observe/server-stats.ts";
import type { RetryAfterRange } from "./overload-settings.ts";

/** What the server has too much of. */
export type OverloadReason = Exclude<
  RefusalReason,
  "application" | "callback-failed" | "malformed" | "origin"
>;

/** Why an agent is not let on, and what it is told. */
export interface Refusal {
  readonly reason: OverloadReason;
  readonly answer: HttpAnswer;
}

export interface RefusalsOptions {
  readonly retryAfter: Required<RetryAfterRange>;
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: Logger;
}

const texts: Readonly<Record<OverloadReason, string>> = {
  "agent-message-rate": "this agent sends messages too fast",
  closing: "the server is shutting down",
  connections: "the server has as many connections as it takes",
  "decision-timeout": "the server took too long to decide whether the agent may connect",
  "handshake-rate": "too many agents connect at this time",
  "message-rate": "the server gets more messages than it takes",
};

/** So that an overload does not fill the log as well. */
const LOG_INTERVAL_MS = 10_000;

/** Sends agents away, each to come back at another time. Every refusal for lack of room is made here. */
export class Refusals {
  readonly #options: RefusalsOptions;
  /** Since the last line in the log. */
  readonly #counts = new Map<OverloadReason, number>();
  #loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** Refuses an HTTP request or a handshake (S-132). */
  refuse(reason: OverloadReason): Refusal {
    this.#note(reason);
    const status = reason === "agent-message-rate" ? 429 : 503;
    const seconds = Math.max(1, Math.ceil(this.#delayMs() / 1000));
    const answer = textAnswer(status, texts[reason], {
      "retry-after": String(seconds),
      // Who waits for a place must not keep one meanwhile.
      ...(reason === "closing" || reason === "connections" ? { connection: "close" } : {}),
    });
    return { reason, answer };
  }

  /** The answer to a message on an open WebSocket (S-130, S-131, S-133). */
  message(reason: OverloadReason, instanceUid: InstanceUid | undefined): ServerToAgentInit {
    this.#note(reason);
    const retryAfterNanoseconds = BigInt(Math.round(this.#delayMs() * 1e6));
    return {
      ...(instanceUid && { instanceUid: bytesFromInstanceUid(instanceUid) }),
      errorResponse: {
        type: ServerErrorResponseType.Unavailable,
        errorMessage: texts[reason],
        Details: { case: "retryInfo", value: { retryAfterNanoseconds } },
      },
    };
  }

  #delayMs(): number {
    const { retryAfter, random } = this.#options;
    return retryAfter.minMs + random() * (retryAfter.maxMs - retryAfter.minMs);
  }

  #note(reason: OverloadReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const nowMs = this.#options.clock.now();
    if (Math.abs(nowMs - this.#loggedAtMs) < LOG_INTERVAL_MS) return;
    this.#loggedAtMs = nowMs;
    const counts = [...this.#counts].map(([name, count]) => `${name} ${count}`).join(", ");
    this.#options.logger.warn(`agents are refused: ${texts[reason]} (${counts})`);
    this.#counts.clear();
  }
}
