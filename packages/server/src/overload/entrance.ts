import type { InstanceUid } from "@opamp/protocol";
import { type Admission, admit } from "../connect-decision.ts";
import type { ConnectRequest } from "../connect-request.ts";
import type { ServerContext } from "../server-context.ts";
import { AgentPaces } from "./agent-paces.ts";
import { DecisionLimit } from "./decision-limit.ts";
import { keepsPace, type Paced, type Rate } from "./rate.ts";
import { type OverloadReason, type Refusal, Refusals } from "./refusals.ts";

export interface EntranceOptions {
  readonly context: ServerContext;
  /** Whether the server takes agents at all. */
  readonly isOpen: () => boolean;
  /** How many WebSockets are open. */
  readonly openConnections: () => number;
}

/** Where all agents come in: decides at once who is let on, before anything costs much. */
export class Entrance {
  readonly refusals: Refusals;
  readonly isOpen: () => boolean;
  readonly #context: ServerContext;
  readonly #openConnections: () => number;
  readonly #handshakes: Counter | undefined;
  readonly #messages: Counter | undefined;
  readonly #pollingAgents: AgentPaces | undefined;
  readonly #decisions: DecisionLimit;
  /** Handshakes and HTTP requests that were let on. */
  #underWay = 0;

  constructor({ context, isOpen, openConnections }: EntranceOptions) {
    const { overload, clock, timeouts } = context;
    const { messagesPerAgent } = overload;
    this.#context = context;
    this.refusals = new Refusals({ ...context, retryAfter: overload.retryAfter });
    this.isOpen = isOpen;
    this.#openConnections = openConnections;
    this.#handshakes = overload.handshakes && new Counter(overload.handshakes);
    this.#messages = overload.messages && new Counter(overload.messages);
    this.#pollingAgents = messagesPerAgent && new AgentPaces(messagesPerAgent);
    this.#decisions = new DecisionLimit(clock, timeouts.connectingMs);
  }

  /** Lets a handshake on until `leave`, or says why not. */
  enterHandshake(): Refusal | undefined {
    return this.#enter(this.#handshakes, "handshake-rate");
  }

  /** Lets an HTTP request on until `leave`, or says why not. */
  enterRequest(): Refusal | undefined {
    return this.#enter(this.#messages, "message-rate");
  }

  /** Asks the application whether an agent may connect; it may not take forever to say so. */
  admit(request: ConnectRequest): Promise<Admission> {
    const deciding = admit(this.#context, request);
    if (this.#context.callbacks.onConnecting === undefined) return deciding;
    return this.#decisions.within(deciding, () => ({
      admitted: false,
      ...this.refusals.refuse("decision-timeout"),
    }));
  }

  /** What was let on has its answer, or has become a WebSocket. */
  leave(): void {
    this.#underWay -= 1;
  }

  /** Frees the timer. */
  clear(): void {
    this.#decisions.clear();
  }

  /** Whether one more message may come in on a WebSocket. */
  admitsMessage(): boolean {
    return this.#messages === undefined || this.#messages.take(this.#context.clock.now());
  }

  /** The refusal of a message over HTTP of an agent that sends them too fast. */
  refuseAgent(uid: InstanceUid): Refusal | undefined {
    if (this.#pollingAgents?.keepsPace(uid, this.#context.clock.now()) !== false) {
      return undefined;
    }
    return this.refusals.refuse("agent-message-rate");
  }

  #enter(counter: Counter | undefined, tooFast: OverloadReason): Refusal | undefined {
    if (!this.isOpen()) return this.refusals.refuse("closing");
    if (this.#openConnections() + this.#underWay >= this.#context.overload.maxConnections) {
      return this.refusals.refuse("connections");
    }
    if (counter?.take(this.#context.clock.now()) === false) return this.refusals.refuse(tooFast);
    this.#underWay += 1;
    return undefined;
  }
}

/** What all agents do together. */
class Counter implements Paced {
  paceMs = 0;
  readonly #rate: Rate;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  take(nowMs: number): boolean {
    return keepsPace(this, this.#rate, nowMs);
  }
}
